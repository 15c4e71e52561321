//! `~` in the paths of the site file.

use std::path::{Path, PathBuf};

/// Replaces a leading `~/` by the home folder of the agent's user. Without `HOME` the path stays
/// as it is, and the error about the missing file shows it so.
pub fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tilde_of_its_own_is_replaced() {
        let home = PathBuf::from(std::env::var_os("HOME").expect("HOME is set"));
        assert_eq!(expand(Path::new("~/.ssh/id")), home.join(".ssh/id"));
        assert_eq!(expand(Path::new("/etc/~/x")), Path::new("/etc/~/x"));
        assert_eq!(expand(Path::new("~other/x")), Path::new("~other/x"));
    }
}
