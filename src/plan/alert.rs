//! Alerts that people can live with: the same thing is not told over and over, is told again to
//! those who do not answer, and is told to be over.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Channel, Message, Report, Tell};

/// A telling step and how insistent it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// `email` or `notify`.
    pub tell: Tell,
    /// `.once_per("6h")`: in this time it is told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub once_per: Option<Duration>,
    /// `.again_every("30m")`: until somebody acknowledges it or it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_every: Option<Duration>,
    /// `.or_else("15m", notify("…"))`: when nobody acknowledged it by then, and it is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_else: Option<(Duration, Tell)>,
    /// `.recovered("…")`: told the same way when it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<String>,
}

/// An alert that was told and is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    pub alert: Alert,
    /// As it was told last.
    pub message: Message,
    /// The run that would have told it last.
    pub run: i64,
    pub first_told: DateTime<Utc>,
    pub last_told: DateTime<Utc>,
    /// How often it was repeated since the message was told.
    pub repeated: u32,
    /// Somebody knows.
    pub acknowledged: bool,
    /// The other channel has been used.
    pub told_else: bool,
}

/// What becomes of a message that is an alert.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Tell,
    /// It is not told; this is why.
    Silent(String),
}

impl Alert {
    pub fn of(tell: Tell) -> Alert {
        Alert { tell, once_per: None, again_every: None, or_else: None, recovered: None }
    }

    /// Two messages of one watch are the same alert when they go the same way and read the same but
    /// for their numbers: 71.3 °C and 71.4 °C are no two alerts.
    pub fn key(channel: &Channel, subject: &str) -> String {
        let mut key = channel.name().to_owned() + " ";
        for letter in subject.chars() {
            match letter {
                '0'..='9' => {
                    if !key.ends_with('#') {
                        key.push('#');
                    }
                }
                '.' | ',' if key.ends_with('#') => {}
                other => key.push(other),
            }
        }
        key
    }
}

impl Raised {
    /// An alert wants to be told: `earlier` is what stands of it.
    pub fn raise(
        earlier: Option<Raised>,
        alert: &Alert,
        message: &Message,
        run: i64,
        now: DateTime<Utc>,
    ) -> (Raised, Verdict) {
        let Some(earlier) = earlier else {
            let raised = Raised {
                alert: alert.clone(),
                message: message.clone(),
                run,
                first_told: now,
                last_told: now,
                repeated: 0,
                acknowledged: false,
                told_else: false,
            };
            return (raised, Verdict::Tell);
        };
        let raised = Raised { alert: alert.clone(), run, ..earlier };
        // A run that goes on after a kill says it once more; the outbox knows the id.
        if raised.message.id == message.id {
            return (raised, Verdict::Tell);
        }
        if raised.acknowledged {
            return (raised, Verdict::Silent("somebody knows already".into()));
        }
        let pause = alert.once_per.or(alert.again_every).unwrap_or_default();
        let since = now - raised.last_told;
        // A clock that was put back silences nobody.
        if since >= TimeDelta::zero() && since < delta(pause) {
            let why = format!("it was told {} min ago", since.num_minutes());
            return (raised, Verdict::Silent(why));
        }
        let raised = Raised { message: message.clone(), last_told: now, repeated: 0, ..raised };
        (raised, Verdict::Tell)
    }

    /// When it has to be told again by itself.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        if self.acknowledged {
            return None;
        }
        let again = self.alert.again_every.map(|pause| self.last_told + delta(pause));
        [again, self.else_at()].into_iter().flatten().min()
    }

    fn else_at(&self) -> Option<DateTime<Utc>> {
        let (after, _) = self.alert.or_else.as_ref().filter(|_| !self.told_else)?;
        Some(self.first_told + delta(*after))
    }

    /// What is to be told now, because nobody has answered. Each message's id is the same however
    /// often it is asked for, until it is noted as told.
    pub fn remind(&mut self, now: DateTime<Utc>) -> Vec<Message> {
        let mut messages = Vec::new();
        if self.acknowledged {
            return messages;
        }
        if let (Some(at), Some((_, tell))) = (self.else_at(), &self.alert.or_else)
            && at <= now
        {
            messages.extend(self.message_of(tell, "else"));
            self.told_else = true;
        }
        if let Some(pause) = self.alert.again_every
            && self.last_told + delta(pause) <= now
        {
            self.repeated += 1;
            let subject = format!("still: {}", self.message.subject);
            let id = format!("{}.again.{}", self.message.id, self.repeated);
            messages.push(Message { id, subject, ..self.message.clone() });
            self.last_told = now;
        }
        messages
    }

    /// What is told when it is over.
    pub fn recovery(&self) -> Option<Message> {
        let subject = self.alert.recovered.clone()?;
        Some(Message {
            id: format!("{}.over", self.message.id),
            subject,
            body: Some(format!("It is over: {}", self.message.subject)),
            report: Report::default(),
            ..self.message.clone()
        })
    }

    fn message_of(&self, tell: &Tell, part: &str) -> Option<Message> {
        let (channel, subject, body) = match tell {
            Tell::Email { to, subject, body } => {
                (Channel::Email { to: to.clone() }, subject.clone(), body.clone())
            }
            Tell::Notify { title } => (Channel::Notify, title.clone(), None),
            _ => return None,
        };
        let id = format!("{}.{part}", self.message.id);
        Some(Message { id, channel, subject, body, ..self.message.clone() })
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
#[path = "alert/tests.rs"]
mod tests;
