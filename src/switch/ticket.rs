//! A promise made for a switch, and what became of it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::Switchboard;

/// Stands for one wish. Whoever holds it settles the wish; a later wish makes it void.
#[derive(Clone)]
pub struct Ticket {
    board: Switchboard,
    name: Arc<str>,
    number: u64,
}

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Fulfilled,
    /// The switch falls back to what it was.
    Failed,
    /// Somebody looked.
    Found {
        on: bool,
        brightness: Option<u8>,
    },
}

impl Ticket {
    pub(super) fn new(board: Switchboard, name: Arc<str>, number: u64) -> Self {
        Ticket { board, name, number }
    }

    pub(super) fn next_number() -> u64 {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        NUMBERS.fetch_add(1, Ordering::Relaxed)
    }

    /// Says what became of the wish. A momentary switch goes back to off in any case.
    pub fn settle(&self, outcome: Outcome) {
        self.board.settle(&self.name, self.number, outcome);
    }

    /// Which switch.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wish {} of \"{}\"", self.number, self.name)
    }
}
