//! A watch that is paused, by its owner or by itself.

use super::{Actor, WatchRow};
use crate::{journal::Event, store::Paused};

impl Actor {
    pub(super) async fn pause(&mut self, watch: &str, reason: String) -> Result<(), String> {
        let paused = Paused { reason: reason.clone(), since: self.station.around.clock.now() };
        let Some(row) = self.watches.get_mut(watch) else {
            return Err(format!("{} has no watch \"{watch}\"", self.name));
        };
        if row.declared().when.critical {
            return Err(format!("\"{watch}\" is .critical() and is never paused"));
        }
        row.paused = Some(paused.clone());
        self.note(watch, Event::Paused { reason });
        self.make_outputs_safe(watch).await;
        let kept = self.station.around.store.pause_watch(&self.name, watch, &paused).await;
        kept.map_err(|error| error.to_string())
    }

    /// Nobody looks after what a paused watch has switched on.
    async fn make_outputs_safe(&self, watch: &str) {
        let by = format!("{}/{watch}", self.name);
        for (output, made_safe) in self.station.executor.world.make_safe_after(&by).await {
            let event = match made_safe {
                Ok(()) => Event::Note { text: format!("{output} is safe") },
                Err(failure) => Event::Failed { message: failure.message },
            };
            self.note(watch, event);
        }
    }

    pub(super) async fn resume(&mut self, watch: &str) -> Result<(), String> {
        let Some(row) = self.watches.get_mut(watch) else {
            return Err(format!("{} has no watch \"{watch}\"", self.name));
        };
        if row.paused.take().is_none() {
            return Ok(());
        }
        self.note(watch, Event::Resumed { reason: String::new() });
        let kept = self.station.around.store.resume_watch(&self.name, watch).await;
        kept.map_err(|error| error.to_string())
    }
}

impl WatchRow {
    /// Why the watch must not fire; a critical one always may.
    pub(super) fn why_paused(&self) -> Option<String> {
        let paused = self.paused.as_ref().filter(|_| !self.declared().when.critical)?;
        Some(format!("paused ({})", paused.reason))
    }
}
