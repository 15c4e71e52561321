//! Telling steps: they always run, and the failures so far are part of what they tell.

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{Channel, Curve, Failure, Message, Report, Row, Tell},
    store::StoreError,
};

impl Executor {
    pub(super) async fn tell(&self, run: &Run, tell: &Tell, rows: &mut Rows, path: &str) {
        if let Some(message) = self.message(run, tell, rows, path).await {
            return self.hand_on(run, tell, &message, rows).await;
        }
        match tell {
            Tell::Reply { text } => {
                let report = rows.report();
                let text = with_failures(text, &report);
                run.functions.reply(&text, report.is_ok());
                self.told(run, tell, text, String::new());
            }
            Tell::Publish { topic, payload } => match self.world.publish(topic, payload).await {
                Ok(()) => self.told(run, tell, topic.clone(), payload.clone()),
                Err(failure) => self.not_told(run, tell, failure, rows),
            },
            Tell::Record { name } => {
                let text = serde_json::to_string(&rows.report().rows).unwrap_or_default();
                self.told(run, tell, name.clone(), text);
            }
            // They made a message.
            Tell::Email { .. } | Tell::Notify { .. } | Tell::Pretty { .. } => {}
        }
    }

    /// The message that a step makes, if it makes one.
    pub(super) async fn message(
        &self,
        run: &Run,
        tell: &Tell,
        rows: &Rows,
        path: &str,
    ) -> Option<Message> {
        let (channel, subject, body) = match tell {
            Tell::Email { to, subject, body } => {
                (Channel::Email { to: to.clone() }, subject, body.clone())
            }
            Tell::Notify { title } => (Channel::Notify, title, None),
            Tell::Pretty { title } => (Channel::Terminal, title, None),
            Tell::Reply { .. } | Tell::Publish { .. } | Tell::Record { .. } => return None,
        };
        let curve = match channel {
            Channel::Email { .. } => self.curve(run).await,
            Channel::Notify | Channel::Ask { .. } | Channel::Terminal => None,
        };
        let report = rows.report();
        Some(Message {
            id: format!("{}.{path}", run.event),
            channel,
            subject: with_failures(subject, &report),
            body,
            report,
            origin: run.origin(),
            cause: run.cause.clone(),
            curve,
        })
    }

    pub(super) async fn hand_on(&self, run: &Run, tell: &Tell, message: &Message, rows: &mut Rows) {
        match self.world.tell(message).await {
            Ok(()) => self.told(run, tell, message.subject.clone(), message.report.pretty()),
            Err(failure) => self.not_told(run, tell, failure, rows),
        }
    }

    /// How the sensor that the run is about got where it is; without one there is no picture.
    async fn curve(&self, run: &Run) -> Option<Curve> {
        let about = run.about();
        if about.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let found = async {
            let recorded = self.store.recorded_sensors().await?;
            let known =
                about.iter().find_map(|name| recorded.iter().find(|(each, _)| each == name));
            let Some((sensor, unit)) = known else { return Ok(None) };
            let points = self.store.readings_between(sensor, now - Curve::SPAN, now).await?;
            Ok(Curve::of(sensor, unit, &points))
        };
        found.await.unwrap_or_else(|error: StoreError| {
            self.note(run, Event::Note { text: format!("the mail has no curve: {error}") });
            None
        })
    }

    fn not_told(&self, run: &Run, tell: &Tell, failure: Failure, rows: &mut Rows) {
        let row = Row { verb: tell.name().into(), error: Some(failure.message), ..Row::default() };
        self.note(run, Event::Did { row: row.clone() });
        rows.note(row);
    }

    fn told(&self, run: &Run, tell: &Tell, subject: String, text: String) {
        self.note(run, Event::Told { channel: tell.name().into(), subject, text });
    }
}

fn with_failures(text: &str, report: &Report) -> String {
    match report.failures() {
        Some(failures) => format!("{text} ({failures})"),
        None => text.to_owned(),
    }
}
