//! What the agent does over MQTT, put together.

mod commands;
mod entities;
mod questions;
mod results;
mod switches;

use std::sync::Arc;

use tokio::{sync::watch, task::JoinHandle};

pub use self::results::results;
use super::{Outfit, StartError, desk::AgentDesk};
use crate::{
    config::MqttSettings,
    mqtt::{self, Bus, Link, discovery::Discovery, topic::Topics},
    plan::Questions,
    script::actor::Station,
    sensor::drivers,
    store::QueueBounds,
    tasks::{self, Tasks},
};

/// The agent's side of the broker.
pub struct Broker {
    bus: Bus,
    settings: MqttSettings,
    topics: Topics,
    station: Station,
    questions: Questions,
    /// The names of the sensors that are published.
    sensors: Vec<Arc<str>>,
}

impl Broker {
    /// `None` where the site file names no broker, or nothing here may get to one.
    pub fn of(outfit: &Outfit, station: &Station) -> Option<Broker> {
        let (bus, settings) = (outfit.bus.clone()?, outfit.site.mqtt.clone()?);
        let topics = Topics::new(&settings.prefix, &outfit.site.name);
        let sensors = outfit.site.sensors.iter();
        let published = sensors.filter(|sensor| sensor.driver != drivers::mqtt::NAME);
        let sensors = published.map(|sensor| sensor.name.clone()).collect();
        let questions = outfit.questions.clone();
        Some(Broker { bus, settings, topics, station: station.clone(), questions, sensors })
    }

    /// Starts the connection, and everything that goes out and in over it without a script.
    ///
    /// Returns the task that queues readings, which is to end last, when `closing` says so.
    ///
    /// # Errors
    /// When the queue cannot be opened.
    pub async fn connect(
        &self,
        outfit: &Outfit,
        tasks: &mut Tasks<()>,
        stopping: &watch::Receiver<bool>,
        closing: watch::Receiver<bool>,
    ) -> Result<JoinHandle<()>, StartError> {
        let around = &self.station.around;
        let bounds = QueueBounds { readings: self.settings.keep_readings, age: self.settings.keep };
        around.store.open_mqtt_queue(bounds).await?;
        let sensors = outfit.site.sensors.iter();
        let heard: Vec<_> = sensors.filter(|sensor| sensor.driver == drivers::mqtt::NAME).collect();
        for settings in &heard {
            match mqtt::Hearing::of(settings, &around.sensors) {
                Ok(hearing) => {
                    let (bus, clock) = (self.bus.clone(), around.clock.clone());
                    tasks.spawn(mqtt::hear_all(hearing, bus, around.sensors.clone(), clock));
                }
                Err(error) => tracing::error!("{} cannot be heard: {error}", settings.name),
            }
        }
        if self.settings.peers {
            let (bus, topics, clock) =
                (self.bus.clone(), self.topics.clone(), around.clock.clone());
            tasks.spawn(mqtt::hear_peers(bus, topics, around.sensors.clone(), clock));
        }
        let pump = tasks::spawn(mqtt::pump(
            around.sensors.subscribe_all(),
            heard.iter().map(|sensor| sensor.name.clone()).collect(),
            around.store.clone(),
            self.bus.clone(),
            around.journal.clone(),
            closing,
        ));
        let opened: Vec<_> = around.hosts.iter().filter(|host| host.mqtt).cloned().collect();
        tasks.spawn(commands::show_power(
            self.bus.clone(),
            self.topics.clone(),
            self.station.clone(),
            opened,
        ));
        if let Some(discovery) = self.discovery() {
            let (bus, sensors) = (self.bus.clone(), around.sensors.clone());
            let own = self.sensors.iter().cloned().collect();
            tasks.spawn(entities::describe_sensors(bus.clone(), sensors, own, discovery.clone()));
            entities::describe_rest(&bus, &discovery, &around.hosts, &self.settings.watches);
            tasks.spawn(entities::answer_birth(bus, discovery, around.clock.clone()));
        }
        let link = Link {
            settings: self.settings.clone(),
            topics: self.topics.clone(),
            bus: self.bus.clone(),
            store: around.store.clone(),
            clock: around.clock.clone(),
            journal: around.journal.clone(),
            secrets: outfit.secrets.clone(),
        };
        tasks.spawn(link.run(stopping.clone()));
        Ok(pump)
    }

    /// From here on, with the scripts loaded, switches are shown and commands are obeyed.
    pub fn obey(&self, desk: Arc<AgentDesk>, tasks: &mut Tasks<()>) {
        let mode = if self.station.safe_mode { "safe" } else { "normal" };
        self.bus.show(self.topics.mode(), mode);
        let (bus, board) = (self.bus.clone(), self.station.switches.clone());
        let (topics, discovery) = (self.topics.clone(), self.discovery());
        let open = self.questions.clone();
        tasks.spawn(questions::hear_answers(bus.clone(), topics.clone(), open.clone()));
        tasks.spawn(questions::show_questions(
            bus.clone(),
            topics.clone(),
            open,
            discovery.clone(),
        ));
        // What rests in safe mode is not gone: what the broker knows of it stays.
        let has_all = !self.station.safe_mode;
        if has_all {
            tasks.spawn(switches::forget_states(bus.clone(), topics.clone(), board.clone()));
        }
        tasks.spawn(switches::show_switches(bus.clone(), topics, board.clone(), discovery.clone()));
        if let Some(discovery) = discovery
            && has_all
        {
            let around = &self.station.around;
            let names = self.sensors.clone();
            let known = entities::Known::new(names, &around.hosts, &self.settings.watches);
            tasks.spawn(entities::forget_unknown(bus, discovery, known, board));
        }
        let commander = commands::Commander {
            bus: self.bus.clone(),
            topics: self.topics.clone(),
            station: self.station.clone(),
            watches: self.settings.watches.clone(),
            desk,
        };
        tasks.spawn(Arc::new(commander).run());
    }

    fn discovery(&self) -> Option<Discovery> {
        let prefix = self.settings.discovery.clone()?;
        Some(Discovery { prefix, topics: self.topics.clone() })
    }
}
