//! The life of one connection, from its making to its end.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{
    acks::{Acks, Receipt},
    bus::{Bus, Work},
    payload,
    topic::Topics,
    wire::{self, Client, Gone, Happened, How, Wire},
};
use crate::{
    clock::Clock,
    store::{Numbered, Store, StoreError},
    tasks,
};

/// Readings that are on their way together.
const WINDOW: usize = 64;
/// After a long outage so many readings a second are delivered: a day of ten sensors takes seven
/// minutes, and nobody is flooded.
const PER_SECOND: u32 = 200;
/// A broker that takes nothing for so long is left.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// After the store did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(5);

pub const ONLINE: &str = "online";
pub const OFFLINE: &str = "offline";

pub struct Session<'a> {
    pub bus: &'a Bus,
    pub store: &'a Store,
    pub clock: &'a Clock,
    pub topics: &'a Topics,
}

impl Session<'_> {
    /// Connects and works until the connection ends. `connected` is told when it stands.
    ///
    /// Returns why it ended.
    pub async fn live(&self, how: &How, connected: impl FnOnce()) -> String {
        let (client, wire) = wire::open(how);
        let acks = Arc::new(Acks::default());
        let (up, is_up) = oneshot::channel();
        // rumqttc must be polled without a break; its own task also keeps a panic in it from us.
        let mut polling = tasks::spawn(poll(wire, acks.clone(), self.bus.clone(), up));
        let work = async {
            if is_up.await.is_err() {
                // The polling task says why.
                return std::future::pending().await;
            }
            connected();
            self.bus.connected();
            match self.work(&client, &acks).await {
                // Here, too, the other end knows more.
                Err(Ended::Gone) => std::future::pending().await,
                Err(Ended::Late) => format!("it took nothing for {} s", TAKEN_WITHIN.as_secs()),
            }
        };
        let why = tokio::select! {
            biased;
            ended = &mut polling => ended.unwrap_or_else(|_panic| {
                "the connection's task panicked: please report it".to_owned()
            }),
            why = work => why,
        };
        polling.abort();
        self.bus.disconnected(&why);
        if let Some(first) = acks.first_missing() {
            self.note_taken(first.saturating_sub(1)).await;
        }
        why
    }

    async fn work(&self, client: &Client, acks: &Acks) -> Result<std::convert::Infallible, Ended> {
        acks.expect(Receipt::None);
        client.publish(&self.topics.status(), ONLINE.into(), true).await?;
        loop {
            self.present(client, acks).await?;
            let batch = self.waiting().await;
            let Some(last) = batch.last().map(|each| each.seq) else {
                self.bus.rung().await;
                continue;
            };
            for numbered in &batch {
                acks.expect(Receipt::Reading(numbered.seq));
                let topic = self.topics.sensor(&numbered.reading.sensor);
                client.publish(&topic, payload::of_reading(numbered), true).await?;
            }
            self.clock.timeout(TAKEN_WITHIN, acks.all_taken()).await.map_err(|_| Ended::Late)?;
            self.note_taken(last).await;
            if batch.len() == WINDOW {
                self.clock.sleep(Duration::from_secs(1) * WINDOW as u32 / PER_SECOND).await;
            }
        }
    }

    /// Subscriptions, retained states, and what somebody publishes now.
    async fn present(&self, client: &Client, acks: &Acks) -> Result<(), Gone> {
        let Work { filters, shown, publications } = self.bus.take_work();
        for filter in filters {
            client.subscribe(&filter).await?;
        }
        for (topic, payload) in shown {
            acks.expect(Receipt::None);
            client.publish(&topic, payload, true).await?;
        }
        for publication in publications {
            acks.expect(Receipt::Confirm(publication.done));
            client.publish(&publication.topic, publication.payload, publication.retain).await?;
        }
        Ok(())
    }

    async fn waiting(&self) -> Vec<Numbered> {
        match self.store.waiting_for_mqtt(WINDOW).await {
            Ok(batch) => batch,
            Err(error) => {
                self.trouble(&error).await;
                Vec::new()
            }
        }
    }

    async fn note_taken(&self, up_to: u64) {
        if let Err(error) = self.store.taken_by_mqtt(up_to).await {
            self.trouble(&error).await;
        }
    }

    async fn trouble(&self, error: &StoreError) {
        tracing::error!("the queue to the broker cannot be worked on: {error}");
        self.clock.sleep(STORE_PAUSE).await;
    }
}

/// Why a session has no more to do.
enum Ended {
    Gone,
    Late,
}

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Ended::Gone
    }
}

/// Polls until the connection ends, and says why it did.
async fn poll(mut wire: Wire, acks: Arc<Acks>, bus: Bus, up: oneshot::Sender<()>) -> String {
    let mut up = Some(up);
    let mut take = |happened| match happened {
        // Nobody waits for it any more when the agent is on its way out.
        Happened::Connected => drop(up.take().map(|up| up.send(()))),
        Happened::Came(message) => bus.deliver(message),
        Happened::Sent(packet) => acks.sent(packet),
        Happened::Taken(packet, refused) => {
            if let Some(why) = &refused {
                tracing::warn!("the broker refuses a message: {why}");
            }
            acks.taken(packet, refused);
        }
        Happened::NotSubscribed(why) => {
            tracing::warn!(
                "the broker refuses a subscription ({why}); what it is for stays silent"
            );
        }
        Happened::Other => {}
    };
    loop {
        match wire.next().await {
            Ok(happened) => take(happened),
            Err(why) => {
                wire.rest().into_iter().for_each(take);
                return why;
            }
        }
    }
}
