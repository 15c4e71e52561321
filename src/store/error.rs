//! What can go wrong with the state file, and what its owner should do about it.

use std::{io, path::PathBuf};

use rusqlite::ErrorCode;

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "cannot write the state file {}: {source}; its folder must exist and belong to the user \
         that Watchpost runs as",
        path.display()
    )]
    NoAccess { path: PathBuf, source: io::Error },
    #[error(
        "the state file {} is in use by another Watchpost{}; stop that one first, or give this \
         one its own `state` in the site file",
        path.display(),
        holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse { path: PathBuf, holder: Option<u32> },
    #[error(
        "the state file {} is damaged ({detail}); nothing was changed in it. Move it away to start \
         afresh, or bring a backup back with `watchpost restore FILE`",
        path.display()
    )]
    Corrupt { path: PathBuf, detail: String },
    #[error(
        "{} is a database, but not one of Watchpost's; name another file as `state` in the site file",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error(
        "the state file {} was written by a newer Watchpost (schema {found}, this one knows \
         {known}); install that version again, or move the file away",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("no room left for the state file {}; free some space on its disk", path.display())]
    Full { path: PathBuf },
    #[error(
        "{} exists already; say `--force` to replace it, or name another file",
        path.display()
    )]
    Exists { path: PathBuf },
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{what} cannot be kept: it holds a closure; use a pipe or a named function")]
    NotStorable { what: String },
    #[error("{what} in the state file cannot be understood: {source}")]
    BadRow { what: &'static str, source: serde_json::Error },
    #[error(
        "more than {limit} sensors have been recorded; restore an older backup or start afresh"
    )]
    TooManySensors { limit: i64 },
    #[error(
        "{dropped} readings were dropped because the state file has not taken any for a while: \
         {source}"
    )]
    Dropped { dropped: usize, source: Box<StoreError> },
    #[error("the state file's work could not be done: the store is closed, or it failed inside")]
    Closed,
    #[error("the state file: {0}")]
    Sql(#[from] rusqlite::Error),
}

impl StoreError {
    /// Turns SQLite's own words into ours where the owner can do something about it.
    pub(super) fn about(self, path: &std::path::Path) -> Self {
        let StoreError::Sql(rusqlite::Error::SqliteFailure(failure, ref detail)) = self else {
            return self;
        };
        let path = path.to_owned();
        match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt {
                path,
                detail: detail.clone().unwrap_or_else(|| failure.to_string()),
            },
            ErrorCode::DiskFull => StoreError::Full { path },
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                StoreError::NoAccess { path, source: io::Error::other(failure.to_string()) }
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                StoreError::InUse { path, holder: None }
            }
            _ => self,
        }
    }
}
