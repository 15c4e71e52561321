//! Which handler a run is of, in a word that the store keeps.

use crate::plan::Origin;

/// Which of a watch's handlers runs; the words stand in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Began,
    Ended,
    OnFault,
    Timer,
    Switched { on: bool, by: Origin },
}

impl Kind {
    pub(super) const ALL: [Kind; 10] = [
        Kind::Began,
        Kind::Ended,
        Kind::OnFault,
        Kind::Timer,
        Kind::Switched { on: true, by: Origin::Voice },
        Kind::Switched { on: false, by: Origin::Voice },
        Kind::Switched { on: true, by: Origin::Hand },
        Kind::Switched { on: false, by: Origin::Hand },
        Kind::Switched { on: true, by: Origin::Mqtt },
        Kind::Switched { on: false, by: Origin::Mqtt },
    ];

    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Began => "fired",
            Kind::Ended => "cleared",
            Kind::OnFault => "fault",
            Kind::Timer => "timer",
            Kind::Switched { on: true, by: Origin::Hand } => "on by hand",
            Kind::Switched { on: false, by: Origin::Hand } => "off by hand",
            Kind::Switched { on: true, by: Origin::Mqtt } => "on by mqtt",
            Kind::Switched { on: false, by: Origin::Mqtt } => "off by mqtt",
            Kind::Switched { on: true, .. } => "on by voice",
            Kind::Switched { on: false, .. } => "off by voice",
        }
    }
}
