//! Telling steps: they always run, and the failures so far are part of what they tell.

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{Channel, Curve, Failure, Message, Row, Tell},
    store::StoreError,
};

impl Executor {
    pub(super) async fn tell(&self, run: &Run, tell: &Tell, rows: &mut Rows, path: &str) {
        let report = rows.report();
        let with_failures = |text: &str| match report.failures() {
            Some(failures) => format!("{text} ({failures})"),
            None => text.to_owned(),
        };
        let (channel, subject, body) = match tell {
            Tell::Email { to, subject, body } => {
                (Channel::Email { to: to.clone() }, with_failures(subject), body.clone())
            }
            Tell::Notify { title } => (Channel::Notify, with_failures(title), None),
            Tell::Pretty { title } => (Channel::Terminal, with_failures(title), None),
            Tell::Reply { text } => {
                run.functions.reply(&with_failures(text), report.is_ok());
                self.told(run, tell, with_failures(text), String::new());
                return;
            }
            Tell::Publish { topic, payload } => {
                return match self.world.publish(topic, payload).await {
                    Ok(()) => self.told(run, tell, topic.clone(), payload.clone()),
                    Err(failure) => self.not_told(run, tell, failure, rows),
                };
            }
            Tell::Record { name } => {
                let text = serde_json::to_string(&report.rows).unwrap_or_default();
                self.told(run, tell, name.clone(), text);
                return;
            }
        };
        let curve = match channel {
            Channel::Email { .. } => self.curve(run).await,
            Channel::Notify | Channel::Terminal => None,
        };
        let message = Message {
            id: format!("{}.{path}", run.event),
            channel,
            subject,
            body,
            report,
            origin: run.origin(),
            cause: run.cause.clone(),
            curve,
        };
        match self.world.tell(&message).await {
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
