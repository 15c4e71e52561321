//! Alerts: whether one is told, what is told again while nobody answers, and what when it is over.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{Alert, Message, Raised, Verdict},
    store::{AlertKey, StoreError},
};

/// After the store did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(60);

impl Executor {
    pub(super) async fn alert(&self, run: &Run, alert: &Alert, rows: &mut Rows, path: &str) {
        let Some(message) = self.message(run, &alert.tell, rows, path).await else { return };
        let (script, watch) = (run.script.to_string(), run.watch.to_string());
        // The failures that the subject counts make no other alert.
        let key = Alert::key(&message.channel, alert.tell.title());
        let key = AlertKey { script, watch, key };
        let verdict = self.store.raise_alert(&key, alert, &message, run.id, self.clock.now()).await;
        match verdict {
            Ok(Verdict::Tell) => self.hand_on(run, &alert.tell, &message, rows).await,
            Ok(Verdict::Silent(why)) => {
                let text = format!("“{}” is not told again: {why}", message.subject);
                self.note(run, Event::Note { text });
            }
            // Rather once too often than never.
            Err(error) => {
                self.note(run, Event::Note { text: format!("the alert is not kept: {error}") });
                self.hand_on(run, &alert.tell, &message, rows).await;
            }
        }
    }

    /// What a watch has told is over, but for what this run has told.
    ///
    /// # Errors
    /// When the store fails; nothing is lost then, it is over the next time.
    pub async fn alerts_are_over(
        &self,
        script: &str,
        watch: &str,
        but: Option<i64>,
    ) -> Result<(), StoreError> {
        for (key, raised) in self.store.open_alerts(script, watch, but).await? {
            // First told, then forgotten: a kill between them tells the same message again.
            if let Some(message) = raised.recovery() {
                self.tell_by_itself(&key, &message).await;
            }
            self.store.close_alert(&key).await?;
        }
        Ok(())
    }

    /// Tells again what nobody has answered to, whenever it is time. Never ends by itself.
    pub async fn keep_reminding(&self) {
        let mut raised = self.store.raised();
        loop {
            // Before looking, so that what is raised meanwhile is seen.
            raised.borrow_and_update();
            let next = match self.remind().await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!("alerts cannot be repeated: {error}");
                    self.clock.sleep(STORE_PAUSE).await;
                    continue;
                }
            };
            let turn = async {
                match next {
                    Some(next) => self.clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = raised.changed() => if changed.is_err() { return },
                () = turn => {}
            }
        }
    }

    /// Tells again what is due, and says when the next is.
    async fn remind(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let now = self.clock.now();
        for (key, mut raised) in self.store.due_alerts(now).await? {
            for message in Raised::remind(&mut raised, now) {
                self.tell_by_itself(&key, &message).await;
            }
            self.store.save_alert(&key, &raised).await?;
        }
        self.store.next_reminder().await
    }

    async fn tell_by_itself(&self, key: &AlertKey, message: &Message) {
        let event = match self.world.tell(message).await {
            Ok(()) => Event::Told {
                channel: message.channel.name().to_owned(),
                subject: message.subject.clone(),
                text: String::new(),
            },
            Err(failure) => Event::Failed { message: failure.message },
        };
        self.journal.of_watch(&key.script, &key.watch, event);
    }
}
