//! The real world.

use async_trait::async_trait;

use super::{
    Asking, Channel, Done, Failure, FailureKind, HostAct, Message, OutputStep, Power, Question,
    Questions, Report, World,
};
use crate::{
    clock::Clock,
    host::{
        Host, RemoteHosts, Whereabouts,
        scan::{PortSet, ScanPace, Scanned, Targets},
    },
    mqtt::{Bus, PublishError},
    output::Outputs,
    store::Store,
};

/// Does what plans ask for.
pub struct Live {
    pub hosts: RemoteHosts,
    pub outputs: Outputs,
    /// Messages are safe once they are in its outbox; the courier does the rest.
    pub outbox: Store,
    pub clock: Clock,
    /// Whether the site file has `[mail]`.
    pub has_mail: bool,
    /// Whether the site file has `[notify]`.
    pub has_notify: bool,
    /// With `[mqtt]`.
    pub bus: Option<Bus>,
    /// Where questions wait for their answers.
    pub questions: Questions,
}

#[async_trait]
impl World for Live {
    async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        self.hosts.probe(host).await
    }

    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        self.hosts.act(host, act).await
    }

    async fn scan(&self, host: &Host, ports: &PortSet, pace: ScanPace) -> Result<Scanned, Failure> {
        self.hosts.scan(host, ports, pace).await
    }

    async fn scan_around(
        &self,
        scanner: &Host,
        targets: &Targets,
        pace: ScanPace,
    ) -> Result<Vec<Scanned>, Failure> {
        self.hosts.scan_around(scanner, targets, pace).await
    }

    async fn whereabouts(&self, host: &Host) -> Result<Whereabouts, Failure> {
        self.hosts.whereabouts(host).await
    }

    async fn switch(&self, step: &OutputStep, by: &str) -> Result<Done, Failure> {
        self.outputs.carry_out(step, by).await
    }

    async fn would_switch(&self, step: &OutputStep) -> Result<bool, Failure> {
        Ok(self.outputs.would_switch(step).await?)
    }

    async fn make_safe_after(&self, by: &str) -> Vec<(String, Result<(), Failure>)> {
        let done = self.outputs.make_safe_after(by).await;
        done.into_iter().map(|(name, result)| (name, result.map_err(Failure::from))).collect()
    }

    async fn tell(&self, message: &Message) -> Result<(), Failure> {
        let (section, is_there) = match message.channel {
            Channel::Email { .. } => ("[mail]", self.has_mail),
            Channel::Notify | Channel::Ask { .. } => ("[notify]", self.has_notify),
            // The journal shows it.
            Channel::Terminal => return Ok(()),
        };
        if !is_there {
            let message = format!(
                "there is no {section} in the site file, so nobody gets \"{}\"",
                message.subject
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        match self.outbox.post(message, self.clock.now()).await {
            Ok(_is_new) => Ok(()),
            Err(error) => {
                let message = format!("the message could not be kept: {error}");
                Err(Failure::new(FailureKind::NotConfigured, message))
            }
        }
    }

    async fn publish(&self, topic: &str, payload: &str) -> Result<(), Failure> {
        let Some(bus) = &self.bus else {
            let message = format!("there is no [mqtt] in the site file, so {topic} goes nowhere");
            return Err(Failure::new(FailureKind::NotConfigured, message));
        };
        bus.publish(topic, payload, false).await.map_err(|error| {
            let kind = match error {
                PublishError::Away(_) | PublishError::TooMuch => FailureKind::Unreachable,
                PublishError::Refused(_) => FailureKind::Refused,
                PublishError::Unconfirmed => FailureKind::TimedOut,
            };
            Failure::new(kind, format!("{topic} was not published: {error}"))
        })
    }

    async fn ask(&self, question: &Question) -> Result<Asking, Failure> {
        if !self.has_notify && self.bus.is_none() {
            let message = format!(
                "there is neither [notify] nor [mqtt] in the site file, so nobody can be asked “{}”",
                question.text
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        if self.has_notify {
            self.tell(&push(question)).await?;
        }
        Ok(self.questions.hang(question.clone()))
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// The question as it goes to a phone.
fn push(question: &Question) -> Message {
    let Question { id, token, text, origin, cause, until } = question.clone();
    Message {
        id,
        channel: Channel::Ask { token, until },
        subject: text,
        body: None,
        report: Report::default(),
        origin,
        cause,
        curve: None,
    }
}
