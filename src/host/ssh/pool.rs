//! Sessions that are kept for the next command.

use std::{
    collections::VecDeque,
    io::Read,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use super::{Deadline, SecretResolver, SshSession, Target, session};
use crate::{
    host::outcome::{Ending, Outcome},
    plan::Failure,
};

/// A kept session that does not answer within this time is taken for dead.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Clones share the sessions.
#[derive(Clone)]
pub struct Pool {
    secrets: SecretResolver,
    /// A session that nobody has used for so long is closed.
    kept: Duration,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Default)]
struct Shelf {
    /// The longest unused first.
    idle: VecDeque<Idle>,
    /// Whether a thread is there to close what is kept too long.
    attended: bool,
}

struct Idle {
    target: Target,
    session: SshSession,
    since: Instant,
}

impl Pool {
    /// `kept` is how long an unused session is kept.
    pub fn new(secrets: SecretResolver, kept: Duration) -> Self {
        Pool { secrets, kept, shelf: Arc::default() }
    }

    pub fn secrets(&self) -> &SecretResolver {
        &self.secrets
    }

    /// Runs a line on the target, over a kept session if there is one. A kept session may have
    /// died unseen; that shows before anything is run, and then a fresh one is made.
    ///
    /// # Errors
    /// When there is no connection to be had; how the command ended is the outcome's matter.
    pub fn run(
        &self,
        target: &Target,
        line: &str,
        input: &mut dyn Read,
        kept: usize,
        deadline: Deadline,
    ) -> Result<Outcome, Failure> {
        let idle = self.take(target).and_then(|session| {
            let channel = session.open_channel(deadline.at_most(ANSWERS_WITHIN)).ok()?;
            Some((session, channel))
        });
        let (session, channel) = match idle {
            Some(both) => both,
            None => {
                let session = session::connect(target, &self.secrets, deadline)?;
                let channel = session.open_channel(deadline)?;
                (session, channel)
            }
        };
        let outcome = session.run(channel, line, input, kept, deadline)?;
        if matches!(outcome.ending, Ending::Exited(_) | Ending::Killed(_)) {
            self.keep(target.clone(), session);
        }
        Ok(outcome)
    }

    /// Closes what is kept for a host that is about to go away.
    pub fn forget(&self, target: &Target) {
        while self.take(target).is_some() {}
    }

    /// The session that was used last.
    fn take(&self, target: &Target) -> Option<SshSession> {
        let mut shelf = lock(&self.shelf);
        loop {
            let place = shelf.idle.iter().rposition(|idle| idle.target == *target)?;
            let session = shelf.idle.remove(place)?.session;
            if !session.wire.is_dead() {
                return Some(session);
            }
        }
    }

    fn keep(&self, target: Target, session: SshSession) {
        let mut shelf = lock(&self.shelf);
        shelf.idle.push_back(Idle { target, session, since: Instant::now() });
        if !shelf.attended {
            let kept = self.kept;
            let shelf_of_thread = Arc::downgrade(&self.shelf);
            let name = "ssh idle sessions".to_owned();
            // Without the thread they are only kept longer.
            shelf.attended = thread::Builder::new()
                .name(name)
                .spawn(move || attend(&shelf_of_thread, kept))
                .is_ok();
        }
    }
}

/// Closes sessions as their time comes, and ends when there are none left.
fn attend(shelf: &Weak<Mutex<Shelf>>, kept: Duration) {
    loop {
        let pause = {
            let Some(shelf) = shelf.upgrade() else { return };
            let mut shelf = lock(&shelf);
            let old = shelf.idle.iter().take_while(|idle| idle.since.elapsed() >= kept).count();
            // Saying goodbye may take a moment, which must not hold the lock.
            let closing: Vec<Idle> = shelf.idle.drain(..old).collect();
            let pause = shelf.idle.front().map(|idle| kept.saturating_sub(idle.since.elapsed()));
            shelf.attended = pause.is_some();
            drop(shelf);
            drop(closing);
            pause
        };
        match pause {
            Some(pause) => thread::sleep(pause),
            None => return,
        }
    }
}

/// A thread that panicked elsewhere leaves the shelf as it should be: every change is one step.
fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}
