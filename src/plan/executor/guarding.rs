//! The guard against flapping: how soon and how often a host may be switched.

use super::{Executor, Run};
use crate::{
    host::{GuardedBy, Host},
    journal::Event,
    plan::{Failure, FailureKind, Power},
    store::HostSwitch,
};

impl Executor {
    /// Lets a host be switched, and writes it down beforehand: an agent that is killed in the middle
    /// has switched it.
    pub(super) async fn may_switch(&self, run: &Run, host: &Host, on: bool) -> Result<(), Failure> {
        // What has to stop now is not told to wait.
        let is_urgent = run.critical && !on;
        if let Some(guarded) = self.guarded(host, on).await.filter(|_| !is_urgent) {
            let done = if on { "started" } else { "stopped" };
            let message =
                format!("not {done} before {}: {}", self.time(guarded.until), guarded.rule);
            return Err(Failure::new(FailureKind::Guarded, message));
        }
        let switch = HostSwitch { at: self.clock.now(), on };
        if let Err(error) = self.store.host_switched(&host.name, switch).await {
            let text = format!("that {} is switched could not be kept: {error}", host.name);
            self.note(run, Event::Note { text });
        }
        Ok(())
    }

    /// What keeps a host from being switched now.
    pub(super) async fn guarded(&self, host: &Host, on: bool) -> Option<GuardedBy> {
        let switches = match self.store.host_switches(&host.name).await {
            Ok(switches) => switches,
            Err(error) => {
                tracing::error!("when {} was switched cannot be read: {error}", host.name);
                Vec::new()
            }
        };
        let is = if on { Power::Down } else { Power::Up };
        let since = self.news.last(&host.name);
        let since = since.filter(|change| change.witnessed && change.power == is);
        let since = since.map(|change| change.since);
        host.guard.against(on, &switches, since, self.clock.now())
    }

    /// `22:30`, with the date where that is another day.
    pub(super) fn time(&self, at: chrono::DateTime<chrono::Utc>) -> String {
        let at = at.with_timezone(&self.timezone);
        let today = self.clock.now().with_timezone(&self.timezone).date_naive();
        let format = if at.date_naive() == today { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        at.format(format).to_string()
    }
}
