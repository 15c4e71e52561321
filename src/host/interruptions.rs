//! Machines that were taken back by whoever lends them: whoever sees it tells it here, whoever cares
//! hears it from here.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;

/// A listener that is further behind than this has missed some.
const KEPT: usize = 64;

/// A machine that is taken back, now or in a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    pub host: Arc<str>,
    /// The machine: its host may have another one since.
    pub machine: String,
    /// The lender's own words.
    pub why: String,
}

/// Clones share what is known.
#[derive(Clone, Debug)]
pub struct Interruptions {
    told: Arc<Mutex<BTreeSet<String>>>,
    events: broadcast::Sender<Interruption>,
}

impl Default for Interruptions {
    fn default() -> Self {
        Interruptions { told: Arc::default(), events: broadcast::channel(KEPT).0 }
    }
}

impl Interruptions {
    /// Takes up what an earlier life of the agent has told already.
    pub fn restore(&self, machines: impl IntoIterator<Item = String>) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).extend(machines);
    }

    /// Each machine is taken back once. Says whether it is news.
    pub fn tell(&self, host: &Arc<str>, machine: &str, why: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.insert(machine.to_owned()) {
            return false;
        }
        let (machine, why) = (machine.to_owned(), why.to_owned());
        // Nobody may be listening.
        let _ = self.events.send(Interruption { host: host.clone(), machine, why });
        true
    }

    /// Every one from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Interruption> {
        self.events.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_machine_is_taken_back_once() {
        let interruptions = Interruptions::default();
        interruptions.restore(["i-0".to_owned()]);
        let mut heard = interruptions.subscribe();
        let host = Arc::from("worker-1");
        assert!(!interruptions.tell(&host, "i-0", "again"));
        assert!(interruptions.tell(&host, "i-1", "taken"));
        assert!(!interruptions.tell(&host, "i-1", "taken"));
        assert_eq!(heard.try_recv().map(|it| it.machine), Ok("i-1".to_owned()));
        assert!(heard.try_recv().is_err());
    }
}
