//! A sensor that a watch needs and that is gone: its handler for that, or a word to the owner.

use serde_json::json;

use super::{Actor, firing::Edge, kind::Kind};
use crate::sensor::Reading;

impl Actor {
    /// Once per outage, however many watches and restarts it sees.
    pub(super) async fn sensor_gone(&mut self, index: usize, sensor: &str, why: &str) {
        if !self.miss(index, sensor, why, "sensor").await {
            return;
        }
        // All watches speak of the same outage, which began with the last believed reading, and
        // the owner hears of it once.
        let status = self.station.around.sensors.status(sensor).ok();
        let last =
            status.and_then(|status| status.reading).map_or(0, |reading| reading.at.timestamp());
        let id = format!("{sensor}.gone.{last}");
        self.tell_of(index, &id, &format!("{sensor} has no value any more"), why).await;
    }

    /// The same of a host that nobody can ask.
    pub(super) async fn host_lost(&mut self, index: usize, host: &str, why: &str) {
        if !self.miss(index, host, why, "host").await {
            return;
        }
        let last = self.station.executor.news.last(host);
        let last = last.map_or(0, |change| change.since.timestamp());
        let id = format!("{host}.lost.{last}");
        let subject = format!("whether {host} is up cannot be known any more");
        self.tell_of(index, &id, &subject, why).await;
    }

    /// Runs the handler for it, if there is one; returns whether the owner has to be told.
    async fn miss(&mut self, index: usize, what: &str, why: &str, kind: &str) -> bool {
        let row = &mut self.watches[index];
        if row.told_of.as_deref() == Some(what) {
            return false;
        }
        row.told_of = Some(what.to_owned());
        let name = row.name().to_owned();
        self.keep_told_of(index).await;
        let row = &self.watches[index];
        let handler = row.declared().when.on_fault.clone();
        let Some(handler) = handler.filter(|_| row.why_paused().is_none() && !row.running) else {
            return true;
        };
        let cause = format!("{what}: {why}");
        let mut event = json!({ "watch": name, "cause": cause });
        event[kind] = what.into();
        let edge = Edge { kind: Kind::OnFault, cause, event };
        self.begin(index, edge, handler, None, None).await;
        false
    }

    async fn tell_of(&self, index: usize, id: &str, subject: &str, why: &str) {
        let name = self.watches[index].name();
        let body = format!(
            "{why}\nThe watch \"{name}\" of {} cannot do its work until it is back.",
            self.name
        );
        self.station.owner.tell(id, subject, &body, &self.name).await;
    }

    pub(super) async fn recovered(&mut self, index: usize, reading: &Reading) {
        let row = &mut self.watches[index];
        if row.told_of.as_deref() == Some(&*reading.sensor) {
            row.told_of = None;
            self.keep_told_of(index).await;
        }
    }

    /// In the agent's own memory, beside those of the scripts.
    pub(super) async fn keep_told_of(&mut self, index: usize) {
        let row = &self.watches[index];
        let key = told_of_key(&self.name, row.name());
        let kept = self.station.around.store.remember("", &key, &json!(row.told_of)).await;
        if let Err(error) = kept {
            self.trouble(self.watches[index].name(), &error.to_string());
        }
    }
}

/// Where the sensor stands whose absence a watch has told of.
pub(super) fn told_of_key(script: &str, watch: &str) -> String {
    format!("told of/{script}/{watch}")
}
