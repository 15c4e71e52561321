//! Keeps Home Assistant's descriptions true: of what is there, and of nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::switches;
use crate::{
    clock::Clock,
    host::Inventory,
    mqtt::{
        Bus,
        discovery::{self, Discovery},
    },
    sensor::{SensorEvent, SensorTable},
    switch::Switchboard,
};

/// A Home Assistant that has just started is not answered by everyone at the same moment.
const BIRTH_PAUSE: Duration = Duration::from_secs(1);

/// The entities that the site file knows.
pub struct Known(BTreeSet<String>);

impl Known {
    pub fn new(sensors: Vec<Arc<str>>, hosts: &Inventory, watches: &[String]) -> Self {
        let sensors = sensors.iter().map(|name| discovery::sensor_entity(name));
        let hosts = hosts.iter().filter(|host| host.mqtt);
        let hosts = hosts.map(|host| discovery::host_entity(&host.name));
        let watches = watches.iter().map(|name| discovery::watch_entity(name));
        let questions = discovery::question_entities();
        Known(sensors.chain(hosts).chain(watches).chain(questions).collect())
    }
}

/// Describes a sensor once it has spoken: only then it is known whether it is a number, and of
/// what unit. Only those that are published: what came over the broker is described by whoever
/// sent it.
pub async fn describe_sensors(
    bus: Bus,
    sensors: SensorTable,
    own: BTreeSet<Arc<str>>,
    discovery: Discovery,
) {
    let mut events = sensors.subscribe_all();
    let mut described = BTreeMap::new();
    while let Some(event) = events.recv().await {
        let SensorEvent::Reading(reading) = event else { continue };
        if !own.contains(&reading.sensor) {
            continue;
        }
        let kind = (reading.unit.clone(), std::mem::discriminant(&reading.value));
        if described.get(&reading.sensor) == Some(&kind) {
            continue;
        }
        let Some(max_age) = sensors.max_age(&reading.sensor) else { continue };
        let (topic, payload) = discovery::sensor(&discovery, &reading, max_age);
        bus.show(topic, payload);
        described.insert(reading.sensor, kind);
    }
}

/// Describes what the site file opens: hosts as switches, watches as buttons.
pub fn describe_rest(bus: &Bus, to: &Discovery, hosts: &Inventory, watches: &[String]) {
    let hosts = hosts.iter().filter(|host| host.mqtt);
    let switches = hosts.map(|host| discovery::host(to, &host.name));
    for (topic, payload) in switches.chain(watches.iter().map(|name| discovery::button(to, name))) {
        bus.show(topic, payload);
    }
}

/// Takes back what an earlier run described and neither the site file nor a script has any more.
pub async fn forget_unknown(
    bus: Bus,
    discovery: Discovery,
    Known(known): Known,
    board: Switchboard,
) {
    let mut inbox = bus.listen(&discovery.own());
    while let Some(message) = inbox.recv().await {
        let is_known = discovery.entity(&message.topic).is_none_or(|entity| {
            known.contains(entity) || switches::entities(&board).contains(entity)
        });
        if message.retained && !message.payload.is_empty() && !is_known {
            // An empty retained message removes the one before it.
            bus.show(message.topic.clone(), "");
        }
    }
}

/// Says everything again to a Home Assistant that has just started.
pub async fn answer_birth(bus: Bus, discovery: Discovery, clock: Clock) {
    let mut inbox = bus.listen(&discovery.birth());
    while let Some(message) = inbox.recv().await {
        if !message.retained && message.payload == b"online" {
            clock.sleep(BIRTH_PAUSE.mul_f64(fastrand::f64())).await;
            bus.show_again();
        }
    }
}
