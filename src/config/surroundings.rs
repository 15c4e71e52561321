//! What the site file may leave unsaid because the machine knows it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use nix::unistd::{User, getuid};

use crate::clock::Zone;

/// Asked once, so that checking a site file is a pure function of it and these.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// `$HOME`.
    home: Option<PathBuf>,
    /// The user that the agent runs as. Asked for only when the site file leaves it unsaid: the
    /// table of users may be served over a socket, of which a rehearsal has none.
    account: OnceLock<Account>,
    pub host_name: String,
    pub timezone: Zone,
    /// `$XDG_RUNTIME_DIR`: short, and only this user's.
    pub runtime_dir: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct Account {
    name: String,
    home: Option<PathBuf>,
}

impl Account {
    fn of_this_process() -> Account {
        match User::from_uid(getuid()) {
            Ok(Some(user)) => Account { name: user.name, home: Some(user.dir) },
            Ok(None) | Err(_) => Account { name: "root".into(), home: None },
        }
    }
}

impl Surroundings {
    /// Those of this process.
    pub fn of_this_machine() -> Self {
        let directory = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        Surroundings {
            home: directory("HOME"),
            account: OnceLock::new(),
            host_name: fs::read_to_string("/proc/sys/kernel/hostname")
                .ok()
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| "watchpost".into()),
            timezone: iana_time_zone::get_timezone()
                .ok()
                .and_then(|name| name.parse().ok())
                .unwrap_or(Zone::UTC),
            runtime_dir: directory("XDG_RUNTIME_DIR"),
        }
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref().or_else(|| self.account().home.as_deref())
    }

    /// The user that the agent runs as: the default user for SSH.
    pub fn user(&self) -> &str {
        &self.account().name
    }

    fn account(&self) -> &Account {
        self.account.get_or_init(Account::of_this_process)
    }
}

#[cfg(test)]
impl Surroundings {
    /// A fixed machine, so that snapshots are the same everywhere.
    pub fn for_tests() -> Self {
        Surroundings {
            home: Some("/home/ann".into()),
            account: Account { name: "ann".into(), home: None }.into(),
            host_name: "pi".into(),
            timezone: Zone::UTC,
            runtime_dir: Some("/run/user/1000".into()),
        }
    }
}
