//! Everything that matters in one plain file, taken while the agent runs; and back again.

use std::{
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    Enclosed, Store, StoreError, enclosed,
    lock::{Lock, beside},
    open,
};
use crate::tasks;

impl Store {
    /// Copies the state as it is now into one file, which appears only when it is complete; an
    /// older one of that name is replaced then. The agent goes on meanwhile: the copying is done
    /// on a thread and a connection of its own.
    ///
    /// `files` travel with it; [`enclosed`](super::enclosed()) finds them again.
    pub async fn backup(&self, to: &Path, files: Vec<Enclosed>) -> Result<(), StoreError> {
        let to = to.to_owned();
        let state = self
            .on_desk(|desk| {
                desk.flush_all()?;
                Ok(desk.has_file().then(|| desk.path.clone()))
            })
            .await?;
        match state {
            None => self.call(move |connection| copy_to_file(connection, &to, &files)).await,
            Some(state) => {
                let copying = move || copy_to_file(&open::read_only(&state)?, &to, &files);
                tasks::spawn_blocking(copying).await.unwrap_or(Err(StoreError::Closed))
            }
        }
    }
}

/// Brings a backup back as the state file, after checking that it is whole and not too new. The
/// agent must not be running. What stood there is replaced only with `force`.
pub fn restore(from: &Path, to: &Path, force: bool) -> Result<(), StoreError> {
    let unreadable = |source| StoreError::Unreadable { path: from.to_owned(), source };
    File::open(from).map_err(unreadable)?;
    let backup = open::read_only(from)?;
    check_integrity(&backup, from)?;
    let _lock = Lock::take(to)?;
    if to.exists() && !force {
        return Err(StoreError::Exists { path: to.to_owned() });
    }
    let part = beside(to, ".part");
    write_copy(&backup, &part, enclosed::take_out)?;
    // The log and the pending readings of the old file must not be played into the new one.
    for suffix in ["-wal", "-shm", "-pending"] {
        remove(&beside(to, suffix))?;
    }
    put_in_place(&part, to)
}

fn check_integrity(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let verdict: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| StoreError::from(error).about(path))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(StoreError::Corrupt { path: path.to_owned(), detail: verdict })
    }
}

fn copy_to_file(from: &Connection, to: &Path, files: &[Enclosed]) -> Result<(), StoreError> {
    let part = beside(to, ".part");
    write_copy(from, &part, |copy| enclosed::enclose(copy, files))?;
    put_in_place(&part, to)
}

fn write_copy(
    from: &Connection,
    to: &Path,
    finish: impl Fn(&Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    remove(to)?;
    let copy = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut copy = Connection::open_with_flags(to, flags)?;
        // All pages in one step: a reader of a write-ahead log sees one moment, and holds up nobody.
        Backup::new(from, &mut copy)?.step(-1)?;
        // One plain file, without a log beside it.
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        finish(&copy)?;
        copy.close().map_err(|(_, error)| error)?;
        Ok(())
    };
    copy().map_err(|error: StoreError| error.about(to))
}

fn put_in_place(part: &Path, to: &Path) -> Result<(), StoreError> {
    let no_access = |source| StoreError::NoAccess { path: to.to_owned(), source };
    File::open(part).and_then(|file| file.sync_all()).map_err(no_access)?;
    std::fs::rename(part, to).map_err(no_access)?;
    let folder: PathBuf = match to.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => ".".into(),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(no_access)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(StoreError::NoAccess { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
