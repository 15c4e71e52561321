//! One agent a state file: an advisory lock (flock) on `<file>.lock`, held while the store is open.
//!
//! The kernel lets go of it when the process ends, however it ends, so that it never has to be
//! removed by hand. SQLite's own locks do not serve here: they let two agents take turns.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

use super::StoreError;

/// Held for as long as the state file is ours.
#[derive(Debug)]
pub(super) struct Lock {
    _file: Flock<File>,
}

impl Lock {
    pub(super) fn take(state: &Path) -> Result<Lock, StoreError> {
        let no_access = |source| StoreError::NoAccess { path: state.to_owned(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(beside(state, ".lock"))
            .map_err(no_access)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                file.set_len(0).and_then(|()| file.rewind()).map_err(no_access)?;
                write!(file, "{}", std::process::id()).map_err(no_access)?;
                Ok(Lock { _file: file })
            }
            Err((mut file, Errno::EWOULDBLOCK)) => {
                let mut holder = String::new();
                // Whose lock it is only makes the message better.
                let holder = file.read_to_string(&mut holder).ok().and(holder.parse().ok());
                Err(StoreError::InUse { path: state.to_owned(), holder })
            }
            Err((_, errno)) => Err(no_access(errno.into())),
        }
    }
}

/// The state file's name with something behind it, as SQLite does with `-wal`.
pub(super) fn beside(state: &Path, suffix: &str) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
