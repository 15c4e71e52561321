//! What the agent itself has to say to its owner.

use std::sync::Arc;

use super::{Channel, Message, Report, World};
use crate::journal::{Event, Journal};

/// Speaks on every channel that the site file has.
pub struct Owner {
    world: Arc<dyn World>,
    channels: Vec<Channel>,
    journal: Journal,
}

impl Owner {
    pub fn new(world: Arc<dyn World>, channels: Vec<Channel>, journal: Journal) -> Self {
        Owner { world, channels, journal }
    }

    /// Tells the owner once: the same `id` is one message, however often it is said.
    pub async fn tell(&self, id: &str, subject: &str, body: &str, script: &str) {
        self.journal.note(script, Event::Note { text: format!("{subject}: {body}") });
        for (index, channel) in self.channels.iter().enumerate() {
            let message = Message {
                id: format!("{id}.{index}"),
                channel: channel.clone(),
                subject: subject.to_owned(),
                body: Some(body.to_owned()),
                report: Report::default(),
                origin: script.to_owned(),
                cause: String::new(),
                curve: None,
            };
            if let Err(failure) = self.world.tell(&message).await {
                self.journal.note(script, Event::Failed { message: failure.message });
            }
        }
    }
}
