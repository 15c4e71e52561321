//! Machines that are taken back: from whoever sees it to a run.

use serde_json::json;
use tokio::sync::{
    broadcast::{Receiver, error::RecvError},
    mpsc,
};

use super::{Actor, Command, firing::Edge, kind::Kind};
use crate::{host::Interruption, journal::Event, tasks::Tasks};

/// A machine that a watch is about.
pub struct TakenBack {
    watch: String,
    interruption: Interruption,
}

impl Actor {
    /// Listens for every watch of the present instance that is about lent machines.
    pub(super) fn hear_interruptions(&self, listening: &mut Tasks<()>) {
        for row in self.watches.values() {
            if let Some(hosts) = row.lent() {
                let heard = self.station.around.interruptions.subscribe();
                let (watch, hosts) = (row.name().to_owned(), hosts.to_vec());
                listening.spawn(bring(heard, watch, hosts, self.back.clone()));
            }
        }
    }

    pub(super) async fn taken_back(&mut self, TakenBack { watch, interruption }: TakenBack) {
        if self.stopping {
            return;
        }
        let Some(index) = self.watches.get_index_of(&watch) else { return };
        if let Some(reason) = self.watches[index].why_paused() {
            return self.note(&watch, Event::Skipped { reason });
        }
        if self.watches[index].running {
            return self.left_out(index);
        }
        let Interruption { host, why, .. } = interruption;
        let cause = format!("{host} is taken back: {why}");
        let event = json!({ "watch": watch, "cause": cause, "host": *host, "why": why });
        let edge = Edge { kind: Kind::Began, cause, event };
        let handler = self.watches[index].declared().began.clone();
        self.begin(index, edge, handler, None, None).await;
    }
}

async fn bring(
    mut heard: Receiver<Interruption>,
    watch: String,
    hosts: Vec<String>,
    to: mpsc::UnboundedSender<Command>,
) {
    loop {
        let interruption = match heard.recv().await {
            Ok(interruption) => interruption,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if hosts.iter().all(|host| **host != *interruption.host) {
            continue;
        }
        let taken = TakenBack { watch: watch.clone(), interruption };
        if to.send(Command::TakenBack(taken)).is_err() {
            return;
        }
    }
}
