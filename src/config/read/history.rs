//! `[history]`.

use super::Reader;
use crate::config::{HistorySettings, section::Section};

/// A state file smaller than this holds no day.
const SMALLEST: u64 = 1 << 20;

impl Reader<'_> {
    pub(super) fn history(&self, root: &Section<'_>) -> HistorySettings {
        let default = HistorySettings::default();
        let section = root.section("history", "[history]");
        let max_size = section.field("max_size").and_then(|field| {
            let size = field.size()?;
            if size < SMALLEST {
                field.wrong("`max_size` holds hardly a day", "must be at least 1MB", None);
            }
            Some(size)
        });
        let duration =
            |key, default| section.field(key).and_then(|field| field.duration()).unwrap_or(default);
        let history = HistorySettings {
            keep: duration("keep", default.keep),
            max_size: max_size.unwrap_or(default.max_size),
            flush: duration("flush", default.flush),
        };
        section.finish();
        history
    }
}
