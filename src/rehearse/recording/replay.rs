//! The past, said again at its own pace.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::Recording;
use crate::{clock::Clock, sensor::SensorTable};

impl Recording {
    /// Publishes every moment at its time, from `begins` (the clock's beginning) on.
    pub async fn replay(
        self: Arc<Self>,
        sensors: SensorTable,
        clock: Clock,
        begins: DateTime<Utc>,
    ) {
        let ids: Vec<_> = self.sensors.iter().map(|sensor| sensors.id(&sensor.name).ok()).collect();
        let mut from = begins;
        loop {
            let moments = match self.day(from) {
                Ok(Some(moments)) => moments,
                Ok(None) => return,
                Err(error) => return tracing::error!("the recording cannot be read on: {error}"),
            };
            for moment in moments {
                let due = TimeDelta::milliseconds(moment.at - begins.timestamp_millis());
                let due = due.to_std().unwrap_or_default();
                clock.sleep(due.saturating_sub(clock.monotonic())).await;
                let sensor = &self.sensors[moment.sensor];
                if let Some(id) = ids[moment.sensor] {
                    sensors.publish_id(id, moment.outcome.map(|number| sensor.value(number)));
                }
            }
            from += TimeDelta::days(1);
        }
    }
}
