//! All switches, by their names.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use tokio::sync::{broadcast, watch};

use super::{Asked, By, Declared, Kind, Outcome, Shown, Ticket, Wish};
use crate::plan::Origin;

/// Changes that a listener may be behind; one that is further behind reads the states anew.
const CHANGES: usize = 256;

/// Where wishes are handed in; false when nobody is there any more.
type Desk = Arc<dyn Fn(Asked) -> bool + Send + Sync>;

/// All switches; clones are the same board. Every call answers at once.
#[derive(Clone)]
pub struct Switchboard(Arc<Inner>);

struct Inner {
    rows: Mutex<IndexMap<Arc<str>, Row>>,
    changes: broadcast::Sender<Change>,
    /// Counts the times that switches came or went.
    set: watch::Sender<u64>,
}

struct Row {
    owner: Arc<str>,
    declared: Declared,
    shown: Shown,
    /// What it falls back to when a wish fails.
    settled: Shown,
    /// The latest wish, while it is not settled.
    pending: Option<u64>,
    desk: Desk,
}

/// A switch shows something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub name: Arc<str>,
    pub shown: Shown,
}

/// A switch, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: Arc<str>,
    pub kind: Kind,
    pub shown: Shown,
}

/// Why a wish is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("there is no such switch")]
    Unknown,
    #[error("it only shows something, and cannot be switched")]
    ReadOnly,
    #[error("nobody is there to switch it")]
    Deserted,
}

impl Default for Switchboard {
    fn default() -> Self {
        Switchboard(Arc::new(Inner {
            rows: Mutex::default(),
            changes: broadcast::Sender::new(CHANGES),
            set: watch::Sender::new(0),
        }))
    }
}

impl Switchboard {
    /// Makes these the switches of their owner, instead of those that it had. A switch that stays
    /// keeps what it shows. Returns the names that others have already.
    pub fn declare(
        &self,
        owner: &Arc<str>,
        switches: Vec<Declared>,
        desk: impl Fn(Asked) -> bool + Send + Sync + 'static,
    ) -> Vec<String> {
        let desk: Desk = Arc::new(desk);
        let mut taken = Vec::new();
        let mut rows = self.rows();
        let stays = |name: &str| switches.iter().any(|declared| declared.name == name);
        rows.retain(|name, row| row.owner != *owner || stays(name));
        for declared in switches {
            match rows.get_mut(&*declared.name) {
                Some(row) if row.owner != *owner => taken.push(declared.name),
                Some(row) => (row.declared, row.desk) = (declared, desk.clone()),
                None => {
                    let (owner, desk) = (owner.clone(), desk.clone());
                    let name: Arc<str> = declared.name.as_str().into();
                    let (shown, settled) = (Shown::OFF, Shown::OFF);
                    let row = Row { owner, declared, shown, settled, pending: None, desk };
                    rows.insert(name, row);
                }
            }
        }
        drop(rows);
        self.0.set.send_modify(|times| *times += 1);
        taken
    }

    /// Takes away all that an owner has declared.
    pub fn withdraw(&self, owner: &str) {
        self.rows().retain(|_, row| *row.owner != *owner);
        self.0.set.send_modify(|times| *times += 1);
    }

    pub fn list(&self) -> Vec<Listed> {
        let rows = self.rows();
        let listed = rows.iter().map(|(name, row)| Listed {
            name: name.clone(),
            kind: row.declared.kind,
            shown: row.shown,
        });
        listed.collect()
    }

    pub fn shown(&self, name: &str) -> Option<Shown> {
        self.rows().get(name).map(|row| row.shown)
    }

    /// Asks for something, and returns what the switch shows from now on. The deed follows.
    ///
    /// # Errors
    /// When nobody would do it.
    pub fn ask(&self, name: &str, wish: Wish, by: Origin) -> Result<Shown, Refused> {
        let Some((ticket, desk)) = self.begin(name, wish, by)? else {
            return self.shown(name).ok_or(Refused::Unknown);
        };
        let unheard = ticket.clone();
        if !desk(Asked { wish, by, ticket }) {
            unheard.settle(Outcome::Failed);
            return Err(Refused::Deserted);
        }
        self.shown(name).ok_or(Refused::Unknown)
    }

    /// Shows a wish that its owner is about to fulfil by itself. `None` when there is nothing to do:
    /// it does not go that way, or is at it already.
    ///
    /// # Errors
    /// Like [`Switchboard::ask`].
    pub fn own_wish(&self, name: &str, wish: Wish, by: Origin) -> Result<Option<Ticket>, Refused> {
        Ok(self.begin(name, wish, by)?.map(|(ticket, _)| ticket))
    }

    fn begin(&self, name: &str, wish: Wish, by: Origin) -> Result<Option<(Ticket, Desk)>, Refused> {
        let mut rows = self.rows();
        let (name, row) = rows.get_key_value_mut(name).ok_or(Refused::Unknown)?;
        if row.declared.kind == Kind::Sensor {
            return Err(Refused::ReadOnly);
        }
        let (goes_on, goes_off) = row.declared.goes;
        let goes = if wish.on { goes_on } else { goes_off };
        let busy = row.declared.kind == Kind::Momentary && row.pending.is_some();
        if !goes || busy {
            return Ok(None);
        }
        let number = Ticket::next_number();
        row.pending = Some(number);
        let brightness = wish.brightness.unwrap_or(row.shown.brightness);
        let desk = row.desk.clone();
        row.show(&self.0.changes, name, Shown { on: wish.on, brightness, by: By::Asked(by) });
        Ok(Some((Ticket::new(self.clone(), name.clone(), number), desk)))
    }

    /// What the switch was found to be. While a wish is being fulfilled that says nothing.
    pub fn found(&self, name: &str, on: bool, brightness: Option<u8>) {
        if let Some((name, row)) = self.rows().get_key_value_mut(name)
            && row.pending.is_none()
        {
            row.found(&self.0.changes, name, on, brightness);
        }
    }

    pub(super) fn settle(&self, name: &str, number: u64, outcome: Outcome) {
        let mut rows = self.rows();
        let Some((name, row)) = rows.get_key_value_mut(name) else { return };
        if row.pending.is_some_and(|pending| pending != number) {
            return;
        }
        let was_pending = row.pending.take().is_some();
        let changes = &self.0.changes;
        match outcome {
            _ if row.declared.kind == Kind::Momentary => {
                row.settled = Shown { on: false, ..row.shown };
                row.show(changes, name, row.settled);
            }
            Outcome::Found { on, brightness } => row.found(changes, name, on, brightness),
            // What came after the answer was no part of the promise.
            Outcome::Fulfilled | Outcome::Failed if !was_pending => {}
            Outcome::Fulfilled => row.settled = row.shown,
            Outcome::Failed => {
                let before = Shown { by: By::Found, ..row.settled };
                row.show(changes, name, before);
            }
        }
    }

    /// Every change from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// Wakes whenever switches came or went.
    pub fn set(&self) -> watch::Receiver<u64> {
        self.0.set.subscribe()
    }

    /// Whether anyone looks; without, nobody need find out what the switches' states are.
    pub fn is_watched(&self) -> bool {
        self.0.changes.receiver_count() > 0
    }

    fn rows(&self) -> MutexGuard<'_, IndexMap<Arc<str>, Row>> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    fn found(
        &mut self,
        changes: &broadcast::Sender<Change>,
        name: &Arc<str>,
        on: bool,
        brightness: Option<u8>,
    ) {
        let brightness = brightness.unwrap_or(self.shown.brightness);
        if (self.shown.on, self.shown.brightness) != (on, brightness) {
            self.show(changes, name, Shown { on, brightness, by: By::Found });
        }
        self.settled = self.shown;
    }

    fn show(&mut self, changes: &broadcast::Sender<Change>, name: &Arc<str>, shown: Shown) {
        let differs = (self.shown.on, self.shown.brightness) != (shown.on, shown.brightness);
        self.shown = shown;
        if differs {
            // Without listeners there is nobody to be told.
            let _ = changes.send(Change { name: name.clone(), shown });
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
