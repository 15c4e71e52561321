//! What the store works with: the connection, and the readings that are not written yet.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    StoreError, counts::Counts, lock::Lock, meta::Newest, mqtt_queue::Queue, pending::SideFile,
    readings::Buffer,
};
use crate::config::HistorySettings;

pub(super) struct Desk {
    /// For messages; `:memory:` where there is no file.
    pub path: PathBuf,
    pub connection: Connection,
    pub buffer: Buffer,
    pub counts: Counts,
    pub newest: Newest,
    /// Once somebody publishes readings.
    pub queue: Option<Queue>,
    lock: Option<Lock>,
}

impl Desk {
    pub fn of_file(path: &Path, connection: Connection, lock: Lock, flush: Duration) -> Desk {
        Desk {
            path: path.to_owned(),
            connection,
            buffer: Buffer::new(flush, Some(SideFile::of(path))),
            counts: Counts::default(),
            newest: Newest::default(),
            queue: None,
            lock: Some(lock),
        }
    }

    pub fn of_reader(path: &Path, connection: Connection) -> Desk {
        Desk {
            path: path.to_owned(),
            connection,
            buffer: Buffer::new(HistorySettings::default().flush, Some(SideFile::of(path))),
            counts: Counts::default(),
            newest: Newest::default(),
            queue: None,
            lock: None,
        }
    }

    pub fn in_memory(connection: Connection) -> Desk {
        Desk {
            path: ":memory:".into(),
            connection,
            buffer: Buffer::new(HistorySettings::default().flush, None),
            counts: Counts::default(),
            newest: Newest::default(),
            queue: None,
            lock: None,
        }
    }

    /// Lets another agent have the file, though some handles may be left for a moment.
    pub fn let_go(&mut self) {
        self.lock = None;
    }

    /// Whether there is a file behind the connection.
    pub fn has_file(&self) -> bool {
        self.connection.path().is_some_and(|path| !path.is_empty())
    }

    /// Commits without fsync: safe from a killed process, and a power cut leaves the file whole.
    pub fn relaxed<T>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let result = work(&mut self.connection);
        self.be_strict();
        result
    }

    /// From here on, what is committed is on the disk.
    pub fn be_strict(&self) {
        if let Err(error) = self.connection.pragma_update(None, "synchronous", "FULL") {
            tracing::error!("{}: writes may be lost in a power cut: {error}", self.path.display());
        }
    }
}
