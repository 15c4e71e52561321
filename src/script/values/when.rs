//! When a watch fires: the schedules and triggers of the language, with their modifiers.

use crate::{
    clock::{Missed, Schedule, Trigger},
    plan::Handler,
};

/// The second argument of `watch`.
#[derive(Clone, Debug)]
pub struct When {
    pub kind: WhenKind,
    /// `.critical()`: never paused, and run even in safe mode.
    pub critical: bool,
    /// `.on_fault(handler)`: runs when a sensor that the watch needs is gone.
    pub on_fault: Option<Handler>,
}

#[derive(Clone, Debug)]
pub enum WhenKind {
    Scheduled {
        schedule: Schedule,
        missed: Missed,
    },
    Triggered(Trigger),
    /// A message on a topic that the filter means.
    Heard {
        filter: String,
    },
    /// A machine of these hosts is taken back by its lender.
    Interrupted {
        hosts: Vec<String>,
    },
}

impl When {
    pub fn scheduled(schedule: Schedule) -> Self {
        Self::of(WhenKind::Scheduled { schedule, missed: Missed::Skip })
    }

    pub fn triggered(trigger: Trigger) -> Self {
        Self::of(WhenKind::Triggered(trigger))
    }

    pub fn heard(filter: String) -> Self {
        Self::of(WhenKind::Heard { filter })
    }

    pub fn interrupted(hosts: Vec<String>) -> Self {
        Self::of(WhenKind::Interrupted { hosts })
    }

    fn of(kind: WhenKind) -> Self {
        When { kind, critical: false, on_fault: None }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            WhenKind::Scheduled { schedule, .. } => write!(f, "{schedule}"),
            WhenKind::Triggered(trigger) => write!(f, "{trigger}"),
            WhenKind::Heard { filter } => write!(f, "message({filter:?})"),
            WhenKind::Interrupted { hosts } => write!(f, "interrupted(hosts({hosts:?}))"),
        }
    }
}
