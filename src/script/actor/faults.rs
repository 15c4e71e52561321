//! A sensor that a watch needs and that is gone: its handler for that, or a word to the owner.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    Actor,
    firing::{Edge, Kind},
};
use crate::sensor::Reading;

impl Actor {
    /// Once per outage.
    pub(super) async fn sensor_gone(
        &mut self,
        index: usize,
        sensor: &str,
        why: &str,
        at: DateTime<Utc>,
    ) {
        let row = &mut self.watches[index];
        if row.told_of.as_deref() == Some(sensor) {
            return;
        }
        row.told_of = Some(sensor.to_owned());
        let name = row.name().to_owned();
        let handler = row.declared().when.on_fault.clone();
        if let Some(handler) = handler.filter(|_| row.why_not().is_none()) {
            let cause = format!("{sensor}: {why}");
            let event = json!({ "watch": name, "cause": cause, "sensor": sensor });
            let edge = Edge { kind: Kind::OnFault, cause, event };
            return self.begin(index, edge, handler, None, None).await;
        }
        // All watches of one outage speak of the same event, and the owner hears of it once.
        let id = format!("{sensor}.gone.{}", at.timestamp());
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
        }
    }
}
