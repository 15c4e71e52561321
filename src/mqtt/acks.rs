//! What was published and not yet taken. The wire numbers packets when it sends them, in the order
//! in which they were given to it: that is how a number finds its message.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, oneshot};

/// What is to happen when the broker has taken a message.
pub enum Receipt {
    /// The reading with this number is delivered.
    Reading(u64),
    /// Somebody waits to hear of it.
    Confirm(oneshot::Sender<Result<(), String>>),
    /// It will be shown again anyway.
    None,
}

#[derive(Default)]
pub struct Acks {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Given to the wire, not numbered yet.
    given: VecDeque<Receipt>,
    sent: HashMap<u16, Receipt>,
    readings: BTreeSet<u64>,
}

impl Acks {
    /// To be called before the message is given to the wire.
    pub fn expect(&self, receipt: Receipt) {
        let mut state = self.state();
        if let Receipt::Reading(seq) = receipt {
            state.readings.insert(seq);
        }
        state.given.push_back(receipt);
    }

    pub fn sent(&self, packet: u16) {
        let mut state = self.state();
        if let Some(receipt) = state.given.pop_front() {
            state.sent.insert(packet, receipt);
        }
    }

    /// `refused` says why the broker will never take it.
    pub fn taken(&self, packet: u16, refused: Option<String>) {
        let receipt = self.state().sent.remove(&packet);
        match receipt {
            Some(Receipt::Reading(seq)) => {
                self.state().readings.remove(&seq);
            }
            Some(Receipt::Confirm(waiting)) => {
                // Whoever waited may have given up.
                let _ = waiting.send(refused.map_or(Ok(()), Err));
            }
            Some(Receipt::None) | None => {}
        }
        self.changed.notify_one();
    }

    /// The first reading that was given to the wire and has not been taken.
    pub fn first_missing(&self) -> Option<u64> {
        self.state().readings.first().copied()
    }

    /// Returns once every reading has been taken.
    pub async fn all_taken(&self) {
        loop {
            let changed = self.changed.notified();
            if self.first_missing().is_none() {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acks_out_of_order_leave_the_first_missing_one() {
        let acks = Acks::default();
        for seq in 1..=3 {
            acks.expect(Receipt::Reading(seq));
            acks.sent(seq as u16 + 10);
        }
        acks.taken(12, None);
        acks.taken(99, None);
        assert_eq!(acks.first_missing(), Some(1));
        acks.taken(11, None);
        assert_eq!(acks.first_missing(), Some(3));
        acks.taken(13, None);
        assert_eq!(acks.first_missing(), None);
    }
}
