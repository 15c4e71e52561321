//! Where the site file is, and where what it names is.

use std::{
    env,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::Surroundings;

/// The longest path of a Unix socket, in bytes: `sun_path` of unix(7) without its end.
pub const LONGEST_SOCKET_PATH: usize = 107;

const SYSTEM_SITE_FILE: &str = "/etc/watchpost/watchpost.toml";
const SYSTEM_STATE_DIR: &str = "/var/lib/watchpost";
const STATE_FILE: &str = "watchpost.db";

/// The site file to use: the one asked for, else `./watchpost.toml`, else the system's.
/// `None` means the simulated closet.
pub fn find_site_file(asked_for: Option<&Path>) -> Option<PathBuf> {
    if let Some(path) = asked_for {
        return Some(path.to_owned());
    }
    // A file that may not even be looked for must not silently become a simulation: it counts as
    // there, and reading it then says why not.
    let is_there = |path: &PathBuf| path.try_exists().unwrap_or(true);
    ["watchpost.toml", SYSTEM_SITE_FILE].iter().map(PathBuf::from).find(is_there)
}

/// The state file of a site file that names none.
pub(super) fn default_state(site_dir: &Path) -> PathBuf {
    if Path::new(SYSTEM_SITE_FILE).parent() == Some(site_dir) {
        Path::new(SYSTEM_STATE_DIR).join(STATE_FILE)
    } else {
        site_dir.join(STATE_FILE)
    }
}

/// The socket of a site file that names none: beside the state file, or, where that path is too
/// long for a socket, in the user's run-time folder under a name that belongs to the state file.
pub(super) fn default_socket(state: &Path, surroundings: &Surroundings) -> PathBuf {
    if state.starts_with(SYSTEM_STATE_DIR) {
        return "/run/watchpost/control.sock".into();
    }
    let beside = state.with_file_name("watchpost.sock");
    match &surroundings.runtime_dir {
        Some(dir) if !is_socket_path(&beside) => {
            dir.join(format!("watchpost-{:016x}.sock", fingerprint(state.as_os_str())))
        }
        _ => beside,
    }
}

pub fn is_socket_path(path: &Path) -> bool {
    path.as_os_str().len() <= LONGEST_SOCKET_PATH
}

/// FNV-1a: the same in every build, so that every version of the command line finds the agent.
fn fingerprint(text: &OsStr) -> u64 {
    text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A path of the site file: `~/` is the home, anything relative stands beside the file.
pub(super) fn resolve(site_dir: &Path, text: &str, surroundings: &Surroundings) -> PathBuf {
    let below_home = text.strip_prefix("~/");
    let path = below_home.and_then(|below| Some(surroundings.home()?.join(below)));
    path.unwrap_or_else(|| site_dir.join(text))
}

/// The folder of the site file, absolute: the agent and the command line may be started elsewhere.
pub(super) fn site_dir(file: &Path) -> PathBuf {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    file.parent().map_or_else(|| env::current_dir().unwrap_or_default(), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_site_keeps_its_state_where_services_do() {
        let state = default_state(Path::new("/etc/watchpost"));
        assert_eq!(state, Path::new("/var/lib/watchpost/watchpost.db"));
        let socket = default_socket(&state, &Surroundings::for_tests());
        assert_eq!(socket, Path::new("/run/watchpost/control.sock"));
    }

    #[test]
    fn a_deep_state_file_gets_a_socket_that_fits() {
        let state = Path::new("/home/ann").join("deep/".repeat(30)).join("watchpost.db");
        let socket = default_socket(&state, &Surroundings::for_tests());
        assert!(socket.starts_with("/run/user/1000"), "{socket:?}");
        assert!(is_socket_path(&socket));
    }

    #[test]
    fn paths_are_relative_to_the_site_file_or_to_the_home() {
        let resolved = |text| resolve(Path::new("/srv/closet"), text, &Surroundings::for_tests());
        assert_eq!(resolved("scripts"), Path::new("/srv/closet/scripts"));
        assert_eq!(resolved("~/.ssh/id"), Path::new("/home/ann/.ssh/id"));
        assert_eq!(resolved("/opt/x"), Path::new("/opt/x"));
    }
}
