//! Other Watchposts on the same broker: their sensors are known here by `site/name`, and so is
//! whether their hosts are up.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    Bus, Message,
    hearing::{Order, when},
    payload,
    topic::Topics,
};
use crate::{clock::Clock, sensor::SensorTable};

/// Listens to every other site for as long as the agent runs.
pub async fn hear_peers(bus: Bus, topics: Topics, table: SensorTable, clock: Clock) {
    let mut inbox = bus.listen(&topics.of_everyone());
    let mut orders = BTreeMap::new();
    while let Some(message) = inbox.recv().await {
        let Some(name) = topics.peer_sensor(&message.topic) else { continue };
        if let Err(why) = take(&message, &name, &table, &mut orders, clock.now()) {
            bus.complaints().drop_message(&message.topic, &why);
        }
    }
}

fn take(
    message: &Message,
    name: &str,
    table: &SensorTable,
    orders: &mut BTreeMap<String, Order>,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let heard = payload::hear(&message.payload, "")?;
    let peer = table.table_of(name);
    let Ok(id) = peer.id(name) else {
        return Err("it is named as a sensor of this site, or there are too many".into());
    };
    let max_age = peer.max_age(name).unwrap_or_default();
    let Some(at) = when(&heard, message.retained, max_age, now) else { return Ok(()) };
    if orders.entry(name.to_owned()).or_default().advances(&heard) {
        if let Some(unit) = &heard.unit {
            peer.declare_unit(id, unit);
        }
        peer.publish_measured(id, heard.value, at);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::{Fault, SensorError, SensorEvent, Value, testing::settings};

    #[tokio::test(start_paused = true)]
    async fn a_peers_sensor_is_known_before_and_after_it_speaks() {
        let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
        let table = SensorTable::new(&[settings("closet/temperature")], clock.clone());
        let name = "attic-pi/attic/temperature";
        assert!(matches!(table.read(name), Err(SensorError::Unknown { .. })));
        table.admit_peers();
        assert!(matches!(table.read(name), Err(SensorError::Fault { fault: Fault::Nothing, .. })));
        assert!(matches!(table.read("closet/temprature"), Err(SensorError::Unknown { .. })));

        let mut events = table.subscribe(&[name]).unwrap();
        let payload = br#"{"value":31.5,"unit":"C","at":"2026-06-01T11:59:58Z","seq":4}"#;
        let message = Message { topic: "x".into(), payload: payload.to_vec(), retained: true };
        let mut orders = BTreeMap::new();
        for _ in 0..2 {
            take(&message, name, &table, &mut orders, clock.now()).unwrap();
        }
        let reading = table.read(name).unwrap();
        assert_eq!((reading.value, &*reading.unit), (Value::Number(31.5), "C"));
        assert!(matches!(events.try_recv(), Ok(SensorEvent::Reading(_))));
        assert!(events.try_recv().is_err(), "once");
    }
}
