//! Switches, free of any transport: scripts declare them; WeMo, and whatever else may come, shows
//! them.
//!
//! A switch answers from memory and at once. What was asked of it is handed to whoever declared it,
//! who settles later what became of it: until then the switch shows what was asked for.

mod board;
mod ticket;

use crate::plan::Origin;

pub use self::{
    board::{Change, Listed, Refused, Switchboard},
    ticket::{Outcome, Ticket},
};

/// What a switch is to those who see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Switch,
    /// Does something once; shown as on while it does.
    Momentary,
    /// On or off, with a brightness.
    Dimmer,
    /// Shows something, and cannot be switched.
    Sensor,
}

/// What a switch shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub on: bool,
    /// In percent, 0 to 100; only a dimmer's means anything.
    pub brightness: u8,
    pub by: By,
}

/// Who changed it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Asked(Origin),
    /// It was found to be so.
    Found,
}

/// What is asked of a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub on: bool,
    pub brightness: Option<u8>,
}

/// A switch, as it is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    pub kind: Kind,
    /// Whether it can be switched on, and off.
    pub goes: (bool, bool),
}

/// A wish on its way to those who fulfil it.
#[derive(Debug)]
pub struct Asked {
    pub wish: Wish,
    pub by: Origin,
    /// To say what became of it.
    pub ticket: Ticket,
}

impl Shown {
    const OFF: Shown = Shown { on: false, brightness: 100, by: By::Found };
}
