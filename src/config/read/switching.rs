//! `[switching]`, and the same keys of a host: the guard against flapping.

use super::Reader;
use crate::{config::section::Section, host::SwitchGuard};

/// No host needs more; what is kept of its switches is not much more, either.
const MOST_PER_HOUR: u64 = 120;

impl Reader<'_> {
    /// What holds for hosts that say nothing else.
    pub(super) fn switching(&self, root: &Section<'_>) -> SwitchGuard {
        let section = root.section("switching", "[switching]");
        let guard = guard(&section, SwitchGuard::default());
        section.finish();
        guard
    }
}

/// The three keys, in `[switching]` or in a host.
pub(super) fn guard(section: &Section<'_>, usual: SwitchGuard) -> SwitchGuard {
    let rest = |key, usual| section.field(key).and_then(|field| field.duration()).unwrap_or(usual);
    let per_hour = section
        .field("switches_per_hour")
        .and_then(|field| field.whole(1, MOST_PER_HOUR))
        .and_then(|count| u32::try_from(count).ok());
    SwitchGuard {
        min_on: rest("min_on", usual.min_on),
        min_off: rest("min_off", usual.min_off),
        per_hour: per_hour.unwrap_or(usual.per_hour),
    }
}
