//! The MQTT broker of a rehearsal: while it is away, nobody hears what speaks through it.

use std::sync::Arc;

use super::{SharedCloset, scenario::Outage};
use crate::{
    journal::{Event, Journal},
    sensor::Sampler,
};

/// Reads a sensor that speaks over MQTT, whenever it can be heard.
pub async fn hear(mut sampler: Sampler, closet: SharedCloset, outages: Arc<[Outage]>) {
    loop {
        let now = closet.now().now();
        if !outages.iter().any(|(begins, ends)| (*begins..*ends).contains(&now)) {
            sampler.sample().await;
        }
        sampler.next_turn().await;
    }
}

/// Tells the journal when the broker goes and comes.
pub async fn tell(outages: Arc<[Outage]>, closet: SharedCloset, journal: Journal) {
    for (begins, ends) in outages.iter().copied() {
        for (at, text) in [(begins, "the broker is away"), (ends, "the broker is back")] {
            // What lies before this life has been told in another one.
            let Ok(wait) = (at - closet.now().now()).to_std() else { continue };
            closet.clock().sleep(wait).await;
            journal.note("", Event::Note { text: text.to_owned() });
        }
    }
}
