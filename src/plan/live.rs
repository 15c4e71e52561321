//! The real world.

use async_trait::async_trait;

use super::{Channel, Done, Failure, FailureKind, HostAct, Message, OutputStep, Power, World};
use crate::{
    clock::Clock,
    host::{Host, RemoteHosts, Whereabouts},
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
}

#[async_trait]
impl World for Live {
    async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        self.hosts.probe(host).await
    }

    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        self.hosts.act(host, act).await
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
            Channel::Notify => ("[notify]", self.has_notify),
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

    fn is_live(&self) -> bool {
        true
    }
}
