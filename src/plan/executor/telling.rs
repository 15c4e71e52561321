//! Telling steps: they always run, and the failures so far are part of what they tell.

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{Channel, Failure, Message, Row, Tell},
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
        let message = Message {
            id: format!("{}.{path}", run.event),
            channel,
            subject,
            body,
            report,
            origin: run.origin(),
            cause: run.cause.clone(),
        };
        match self.world.tell(&message).await {
            Ok(()) => self.told(run, tell, message.subject.clone(), message.report.pretty()),
            Err(failure) => self.not_told(run, tell, failure, rows),
        }
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
