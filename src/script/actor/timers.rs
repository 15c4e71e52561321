//! The timers of one script, as `after` and `cancel` left them.

use chrono::{DateTime, Utc};

use crate::{
    script::context::TimerChange,
    store::{Store, Timer},
};

#[derive(Default)]
pub(super) struct Timers(Vec<Timer>);

impl Timers {
    pub(super) async fn load(&mut self, store: &Store, script: &str) {
        match store.timers().await {
            Ok(timers) => {
                self.0 = timers.into_iter().filter(|timer| timer.script == script).collect()
            }
            Err(error) => tracing::error!("the timers of {script} cannot be read: {error}"),
        }
    }

    pub(super) fn apply(&mut self, change: TimerChange) {
        match change {
            TimerChange::Set(timer) => {
                self.0.retain(|other| other.name != timer.name);
                self.0.push(timer);
            }
            TimerChange::Cancel(name) => self.0.retain(|timer| timer.name != name),
        }
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.0.iter().map(|timer| timer.due).min()
    }

    /// The timer that has been due longest; it stays in the store until its run is there.
    pub(super) fn take_due(&mut self, now: DateTime<Utc>) -> Option<Timer> {
        let (index, _) = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, timer)| timer.due <= now)
            .min_by_key(|(_, timer)| timer.due)?;
        Some(self.0.remove(index))
    }
}
