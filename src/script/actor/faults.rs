//! A sensor that a watch needs and that is gone: its handler for that, or a word to the owner.

use serde_json::json;

use super::{Actor, firing::Edge, kind::Kind};
use crate::sensor::Reading;

impl Actor {
    /// Once per outage, however many watches and restarts it sees.
    pub(super) async fn sensor_gone(&mut self, index: usize, sensor: &str, why: &str) {
        let row = &mut self.watches[index];
        if row.told_of.as_deref() == Some(sensor) {
            return;
        }
        row.told_of = Some(sensor.to_owned());
        let name = row.name().to_owned();
        self.keep_told_of(index).await;
        let row = &self.watches[index];
        let handler = row.declared().when.on_fault.clone();
        if let Some(handler) = handler.filter(|_| row.why_paused().is_none() && !row.running) {
            let cause = format!("{sensor}: {why}");
            let event = json!({ "watch": name, "cause": cause, "sensor": sensor });
            let edge = Edge { kind: Kind::OnFault, cause, event };
            return self.begin(index, edge, handler, None, None).await;
        }
        // All watches speak of the same outage, which began with the last believed reading, and
        // the owner hears of it once.
        let status = self.station.around.sensors.status(sensor).ok();
        let last =
            status.and_then(|status| status.reading).map_or(0, |reading| reading.at.timestamp());
        let id = format!("{sensor}.gone.{last}");
        let subject = format!("{sensor} has no value any more");
        let body = format!(
            "{why}\nThe watch \"{name}\" of {} cannot do its work until it is back.",
            self.name
        );
        self.station.owner.tell(&id, &subject, &body, &self.name).await;
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
