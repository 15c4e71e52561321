//! Carries believed readings into the queue.

use std::collections::BTreeSet;

use tokio::sync::{mpsc::UnboundedReceiver, watch};

use super::Bus;
use crate::{
    journal::{Event, Journal},
    sensor::SensorEvent,
    store::Store,
};

const BATCH: usize = 256;

/// Queues every reading but those of the sensors in `not`, which came over the broker themselves.
/// Ends with the sensors, or when it is told to close and nothing is left.
pub async fn pump(
    mut events: UnboundedReceiver<SensorEvent>,
    not: BTreeSet<std::sync::Arc<str>>,
    store: Store,
    bus: Bus,
    journal: Journal,
    mut closing: watch::Receiver<bool>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut is_losing = false;
    loop {
        let received = tokio::select! {
            biased;
            received = events.recv_many(&mut batch, BATCH) => received,
            _ = closing.wait_for(|close| *close) => 0,
        };
        if received == 0 {
            return;
        }
        let readings: Vec<_> = batch
            .drain(..)
            .filter_map(|event| match event {
                SensorEvent::Reading(reading) => Some(reading),
                SensorEvent::Fault { .. } => None,
            })
            .filter(|reading| !not.contains(&reading.sensor))
            .collect();
        match store.queue_for_mqtt(&readings).await {
            Ok(0) => {}
            Ok(given_up) => {
                if !std::mem::replace(&mut is_losing, true) {
                    let text = format!(
                        "the broker has been away for so long that {given_up} readings, the \
                         oldest, were given up, and more will be; they stay in the history"
                    );
                    journal.note("", Event::Note { text });
                }
            }
            Err(error) => tracing::error!("readings could not be queued for the broker: {error}"),
        }
        if bus.away().is_none() {
            is_losing = false;
        }
        bus.ring();
    }
}
