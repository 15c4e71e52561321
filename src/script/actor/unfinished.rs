//! Runs that had begun when the agent was killed: they go on.

use serde_json::json;

use super::{
    Actor,
    job::{Job, Purpose},
    kind::Kind,
};
use crate::{
    plan::{Handler, Origin},
    store,
};

/// A run that takes the agent down with it, before it gets anywhere, is not tried for ever.
const MOST_ATTEMPTS: u32 = 3;

impl Actor {
    pub(super) async fn take_up_unfinished(&mut self) {
        let store = self.station.around.store.clone();
        let runs = match store.unfinished().await {
            Ok(runs) => runs,
            Err(error) => return self.trouble("", &error.to_string()),
        };
        let own: Vec<_> = runs.into_iter().filter(|run| *run.script == *self.name).collect();
        for run in own {
            let is_critical =
                self.watches.get(&run.watch).is_some_and(|row| row.declared().when.critical);
            if self.station.safe_mode && !is_critical {
                // It may be what brought the agent down; it waits for better days.
                continue;
            }
            match self.attempt(&run).await {
                Ok(handler) => self.go_on(run, handler),
                Err(reason) => {
                    let id = format!("{}.given-up", run.event_id);
                    let subject = format!("a run of \"{}\" is given up", run.watch);
                    self.station.owner.tell(&id, &subject, &reason, &self.name).await;
                    if let Err(error) = store.end_run(run.id).await {
                        self.trouble(&run.watch, &error.to_string());
                    }
                }
            }
        }
    }

    /// The handler to go on with, or why that is not done.
    async fn attempt(&self, run: &store::Run) -> Result<Handler, String> {
        let attempts = self.station.around.store.count_attempt(run.id).await.unwrap_or(1);
        if attempts > MOST_ATTEMPTS {
            return Err(format!("it was interrupted {attempts} times ({})", run.cause));
        }
        if let Some(handler) = &run.handler {
            return Ok(handler.clone());
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == run.handler_kind);
        let declared = self.watches.get(&run.watch).map(|row| row.declared());
        let handler = match (declared, kind) {
            (Some(watch), Some(Kind::Began)) => Some(watch.began.clone()),
            (Some(watch), Some(Kind::Ended)) => watch.ended.clone(),
            (Some(watch), Some(Kind::OnFault)) => watch.when.on_fault.clone(),
            (_, Some(Kind::Switched { on, .. })) => self.switch_handler(&run.watch, on),
            _ => None,
        };
        handler.ok_or_else(|| {
            format!(
                "it was interrupted ({}), and the script has no such handler any more",
                run.cause
            )
        })
    }

    fn go_on(&mut self, run: store::Run, handler: Handler) {
        if let Some(row) = self.watches.get_mut(&run.watch) {
            row.running = true;
        }
        let (by, purpose) = match Kind::ALL.into_iter().find(|kind| kind.word() == run.handler_kind)
        {
            Some(Kind::Switched { on, by }) => (by, self.taken_up(&run.watch, on, by)),
            _ => (Origin::Script, Purpose::Watch),
        };
        let cause = format!("{} (going on after a restart)", run.cause);
        let event = json!({ "watch": run.watch, "cause": cause, "brightness": 100 });
        self.submit(Job {
            id: run.id,
            script: self.name.clone(),
            watch: run.watch.into(),
            handler,
            cause,
            event_id: run.event_id,
            event,
            by,
            purpose,
            waiting: None,
        });
    }
}
