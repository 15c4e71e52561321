//! Machines that their lender took back: told in the journal, once, also over a restart.

use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{
    host::{Interruption, Interruptions},
    journal::{Event, Journal},
    store::Store,
};

/// Where the store keeps which were told.
const KEY: &str = "interruptions told";
/// Their lender forgets them after an hour.
const KEPT: usize = 64;

/// Takes up what an earlier life has told.
pub async fn restore(interruptions: &Interruptions, store: &Store) {
    interruptions.restore(told(store).await);
}

async fn told(store: &Store) -> Vec<String> {
    let Ok(Some(Value::Array(machines))) = store.recall("", KEY).await else { return Vec::new() };
    machines.into_iter().filter_map(|machine| Some(machine.as_str()?.to_owned())).collect()
}

/// Notes every one, and remembers it.
pub async fn keep(mut heard: Receiver<Interruption>, store: Store, journal: Journal) {
    loop {
        let Interruption { host, machine, why } = match heard.recv().await {
            Ok(interruption) => interruption,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        journal.note("", Event::Note { text: format!("{host} ({machine}) is taken back: {why}") });
        let mut machines = told(&store).await;
        machines.push(machine);
        let surplus = machines.len().saturating_sub(KEPT);
        let kept = json!(machines[surplus..]);
        if let Err(error) = store.remember("", KEY, &kept).await {
            tracing::error!("what was taken back cannot be kept: {error}");
        }
    }
}
