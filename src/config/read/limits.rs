//! `[limits]`.

use super::Reader;
use crate::config::{Limits, section::Section};

impl Reader<'_> {
    pub(super) fn limits(&self, root: &Section<'_>) -> Limits {
        let default = Limits::default();
        let section = root.section("limits", "[limits]");
        let whole = |key, lowest, highest| {
            section.field(key).and_then(|field| field.whole(lowest, highest))
        };
        let count = |key, highest, default| {
            whole(key, 1, highest).and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
        };
        let limits = Limits {
            run_time: section
                .field("run_time")
                .and_then(|field| field.duration())
                .unwrap_or(default.run_time),
            operations: whole("operations", 1_000, 1_000_000_000_000).unwrap_or(default.operations),
            size: section
                .field("size")
                .and_then(|field| field.size())
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(default.size),
            depth: count("depth", 128, default.depth),
            parallel_hosts: count("parallel_hosts", 256, default.parallel_hosts),
        };
        section.finish();
        limits
    }
}
