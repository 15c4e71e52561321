//! Messages that watches wait for: from the broker to a run.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{Actor, Command, firing::Edge, kind::Kind};
use crate::{
    journal::Event,
    mqtt::{Bus, Inbox, Message},
    tasks::Tasks,
};

/// A message for a watch.
pub struct Heard {
    watch: String,
    message: Arc<Message>,
    /// Dropped when the actor has dealt with it: only then it is brought the next one, so that what
    /// floods in waits where there is a bound.
    _done: oneshot::Sender<()>,
}

impl Actor {
    /// Listens for every watch of the present instance that waits for messages.
    pub(super) fn listen(&mut self) {
        let mut listening = Tasks::default();
        if let Some(bus) = &self.station.around.bus {
            for row in self.watches.values() {
                if let Some(filter) = row.filter() {
                    let (watch, back) = (row.name().to_owned(), self.back.clone());
                    listening.spawn(bring(bus.listen(filter), watch, back));
                }
            }
        }
        self.hear_interruptions(&mut listening);
        self.listening = listening;
    }

    pub(super) async fn heard(&mut self, Heard { watch, message, _done }: Heard) {
        // What is retained is a state from before, and no event.
        if message.retained || self.stopping {
            return;
        }
        let Some(index) = self.watches.get_index_of(&watch) else { return };
        let Some(payload) = parsed(&message) else {
            if let Some(bus) = &self.station.around.bus {
                not_text(bus, &message);
            }
            return;
        };
        if let Some(reason) = self.watches[index].why_paused() {
            return self.note(&watch, Event::Skipped { reason });
        }
        if self.watches[index].running {
            return self.left_out(index);
        }
        let topic = &message.topic;
        let cause = format!("message on {topic}");
        let event = json!({ "watch": watch, "cause": cause, "topic": topic, "payload": payload });
        let edge = Edge { kind: Kind::Began, cause, event };
        let handler = self.watches[index].declared().began.clone();
        self.begin(index, edge, handler, None, None).await;
    }
}

async fn bring(mut inbox: Inbox, watch: String, to: mpsc::UnboundedSender<Command>) {
    while let Some(message) = inbox.recv().await {
        let (done, dealt_with) = oneshot::channel();
        let heard = Heard { watch: watch.clone(), message, _done: done };
        if to.send(Command::Heard(heard)).is_err() {
            return;
        }
        // Ends with an error, which is the sign.
        let _ = dealt_with.await;
    }
}

/// JSON where it is JSON, else the text itself; `None` for what is no text.
fn parsed(message: &Message) -> Option<serde_json::Value> {
    let text = std::str::from_utf8(&message.payload).ok()?;
    Some(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
}

fn not_text(bus: &Bus, message: &Message) {
    bus.complaints().drop_message(&message.topic, "it is not text in UTF-8");
}
