//! Opening the socket, once at a time and for nobody else.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use nix::unistd::Gid;

use crate::config::{LONGEST_SOCKET_PATH, is_socket_path};

/// Why the socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("another agent is running: it answers on {0}")]
    AlreadyRunning(PathBuf),
    #[error(
        "the path of the control socket is longer than {LONGEST_SOCKET_PATH} bytes: {0}; name a \
         shorter one in the site file: [control] socket = \"/run/…\""
    )]
    PathTooLong(PathBuf),
    #[error(
        "{0} is in the way of the control socket and is no socket: move it, or set [control] socket"
    )]
    InTheWay(PathBuf),
    #[error("cannot open the control socket {path}: {error}")]
    Io { path: PathBuf, error: io::Error },
}

/// The listening socket and its group. Blocks, though never for long.
pub(super) fn open(path: &Path) -> Result<(UnixListener, Gid), BindError> {
    if !is_socket_path(path) {
        return Err(BindError::PathTooLong(path.to_owned()));
    }
    let failed = |error| BindError::Io { path: path.to_owned(), error };
    // Two agents that start together must not take each other's new socket for a stale one.
    let folder = fs::File::open(path.parent().unwrap_or(Path::new("/"))).map_err(failed)?;
    folder.lock().map_err(failed)?;
    make_room(path)?;
    let listener = UnixListener::bind(path).map_err(failed)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let group = Gid::from_raw(fs::metadata(path).map_err(failed)?.gid());
    Ok((listener, group))
}

/// Removes a socket on which nobody answers.
fn make_room(path: &Path) -> Result<(), BindError> {
    let failed = |error| BindError::Io { path: path.to_owned(), error };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(BindError::InTheWay(path.to_owned()));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(BindError::AlreadyRunning(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}
