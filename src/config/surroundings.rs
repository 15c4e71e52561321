//! What the site file may leave unsaid because the machine knows it.

use std::{env, fs, path::PathBuf};

use chrono_tz::Tz;
use nix::unistd::{User, getuid};

/// Asked once, so that checking a site file is a pure function of it and these.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub home: Option<PathBuf>,
    /// The user that the agent runs as: the default user for SSH.
    pub user: String,
    pub host_name: String,
    pub timezone: Tz,
    /// `$XDG_RUNTIME_DIR`: short, and only this user's.
    pub runtime_dir: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_machine() -> Self {
        let account = User::from_uid(getuid()).ok().flatten();
        let directory = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        Surroundings {
            home: directory("HOME").or_else(|| account.as_ref().map(|user| user.dir.clone())),
            user: account.map_or_else(|| "root".into(), |user| user.name),
            host_name: fs::read_to_string("/proc/sys/kernel/hostname")
                .ok()
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "watchpost".into()),
            timezone: iana_time_zone::get_timezone()
                .ok()
                .and_then(|name| name.parse().ok())
                .unwrap_or(Tz::UTC),
            runtime_dir: directory("XDG_RUNTIME_DIR"),
        }
    }
}

#[cfg(test)]
impl Surroundings {
    /// A fixed machine, so that snapshots are the same everywhere.
    pub fn for_tests() -> Self {
        Surroundings {
            home: Some("/home/ann".into()),
            user: "ann".into(),
            host_name: "pi".into(),
            timezone: Tz::UTC,
            runtime_dir: Some("/run/user/1000".into()),
        }
    }
}
