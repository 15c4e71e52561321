//! What must survive: readings, the journal, runs, what triggers wait for, the outbox. One SQLite
//! file, plain enough for `sqlite3` and Grafana (see `schema/`).
//!
//! What is promised: a call that has returned is on the disk (fsync), except for readings and the
//! journal, which a killed process keeps and of which a power cut may take the last seconds.

mod alerts;
mod backup;
mod call;
mod counts;
mod desk;
mod enclosed;
mod error;
mod holds;
mod hosts;
mod journal;
mod json;
mod lives;
mod lock;
mod memory;
mod meta;
mod moves;
mod mqtt_queue;
mod open;
mod outbox;
mod outputs;
mod pending;
mod questions;
mod readings;
mod runs;
mod schema;
mod snapshot;
mod switches;
mod time;
mod timers;
mod trim;
mod walks;
mod watches;

use std::{fmt, path::Path, sync::Arc};

use rusqlite::Connection;
use tokio::sync::watch;

pub use alerts::AlertKey;
pub use backup::restore;
pub use call::Call;
pub use enclosed::{Enclosed, EnclosedKind, enclosed};
pub use error::StoreError;
pub use holds::{Hold, HoldKind};
pub use hosts::{HostSeen, HostSwitch};
pub use journal::JournalFilter;
pub use lives::ShortLives;
pub use moves::{Move, MoveStep, Placement};
pub use mqtt_queue::{Numbered, QueueBounds};
pub use outbox::{LONGEST_PAUSE, Letter, LetterChannel, LetterState};
pub use questions::Asked;
pub use runs::{Begin, NewRun, Run};
pub use switches::SwitchIdentity;
pub use timers::Timer;
pub use trim::Trimmed;
pub use watches::{BY_HAND, Paused, WatchState};

use crate::config::HistorySettings;
use call::Runner;
use desk::Desk;

/// A handle on the state; cheap to clone. The last one dropped lets go of the file, and leaves
/// unwritten readings in the side file; [`Store::close`] is the orderly end.
#[derive(Clone)]
pub struct Store {
    runner: Arc<Runner>,
    posted: watch::Sender<()>,
    raised: watch::Sender<()>,
    moving: watch::Sender<()>,
    ended_well: bool,
}

impl Store {
    /// Opens the state file, or makes it. All work on it happens on a thread of its own.
    ///
    /// # Errors
    /// When the folder cannot be written, when another agent has the file, when it is damaged, not
    /// ours, or newer than this program. The file is left as it was.
    pub fn open(path: &Path, history: &HistorySettings) -> Result<Store, StoreError> {
        let lock = lock::Lock::take(path)?;
        let connection = open::read_write(path)?;
        let mut desk = Desk::of_file(path, connection, lock, history.flush);
        let ended_well = meta::take_clean_mark(&desk.connection)?;
        desk.take_up_pending().map_err(|error| error.about(path))?;
        Ok(Store::new(Runner::thread(desk)?, ended_well))
    }

    /// Opens the state file to look at it, beside an agent that may be running: no lock is taken,
    /// and every write fails.
    pub fn open_read_only(path: &Path) -> Result<Store, StoreError> {
        let mut desk = Desk::of_reader(path, open::read_only(path)?);
        desk.look_at_pending()?;
        Ok(Store::new(Runner::thread(desk)?, true))
    }

    /// An empty store without a file, whose calls run where they are made: they are ready at once
    /// and never wait for another thread, so that a rehearsal's clock cannot run away.
    pub fn memory() -> Result<Store, StoreError> {
        Ok(Store::inline(open::in_memory()?))
    }

    fn inline(connection: Connection) -> Store {
        Store::new(Runner::inline(Desk::in_memory(connection)), true)
    }

    fn new(runner: Runner, ended_well: bool) -> Store {
        let [posted, raised, moving] = std::array::from_fn(|_| watch::Sender::new(()));
        Store { runner: Arc::new(runner), posted, raised, moving, ended_well }
    }

    /// Whether the agent that had this file last closed it; false after a kill or a power cut.
    /// True for a new file.
    pub fn ended_well(&self) -> bool {
        self.ended_well
    }

    /// Work on the connection: `.await` it, or `.wait()` for it on a plain thread. A transaction
    /// that commits in it is on the disk when it returns.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Call<T> {
        self.on_desk(move |desk| work(&mut desk.connection))
    }

    /// [`Store::call`] for plain threads. Never call it on an async thread.
    pub fn call_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.call(work).wait()
    }

    /// Work that a power cut may undo: it commits without fsync, to spare the SD card.
    fn call_relaxed<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Call<T> {
        self.on_desk(move |desk| desk.relaxed(work))
    }

    fn on_desk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> Call<T> {
        Call::new(self.runner.clone(), work)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("runner", &self.runner).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
