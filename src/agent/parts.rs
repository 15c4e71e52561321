//! The parts of an agent, put together. Whatever differs between the field, a dry run and a
//! rehearsal is handed in; how the parts fit is the same for all of them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    clock::{Calendar, Clock},
    config::{Diagnostic, Site},
    cost::CostTable,
    hal::Hal,
    host::{HostLocks, HostNews, Interruptions},
    journal::{Journal, Sink},
    mqtt::Bus,
    output::Outputs,
    plan::{Channel, Executor, Owner, World},
    script::{Surroundings, actor::Station},
    sensor::{Archive, HistoryBounds, Point, Reads, Sampler, SensorTable, drivers},
    store::Store,
    switch::Switchboard,
};

/// What an agent is made of.
pub struct Materials {
    pub site: Arc<Site>,
    pub clock: Clock,
    pub store: Store,
    pub hal: Hal,
    pub world: Arc<dyn World>,
    pub outputs: Outputs,
    /// Where `message` triggers listen.
    pub bus: Option<Bus>,
    /// What hosts do.
    pub news: HostNews,
    pub reads: Reads,
    /// How much of the past the sensors keep in memory.
    pub past: HistoryBounds,
    pub sinks: Vec<Sink>,
}

/// An agent in parts: nothing runs yet.
pub struct Parts {
    pub site: Arc<Site>,
    pub sensors: SensorTable,
    pub samplers: Vec<Sampler>,
    pub station: Station,
    pub outputs: Outputs,
    /// Set once the wall clock can be believed.
    pub trusted: watch::Sender<bool>,
}

impl Parts {
    /// Puts the parts together. Touches no hardware.
    ///
    /// # Errors
    /// Every sensor that the site file describes wrongly.
    pub fn assemble(materials: Materials) -> Result<Parts, Vec<Diagnostic>> {
        let Materials { site, clock, store, hal, world, outputs, bus, news, reads, past, sinks } =
            materials;
        let archive = Arc::new(StoreArchive(store.clone()));
        let sensors = SensorTable::with_archive(&site.sensors, clock.clone(), past, archive);
        if site.mqtt.as_ref().is_some_and(|mqtt| mqtt.peers) {
            sensors.admit_peers();
        }
        let mut samplers = Vec::with_capacity(site.sensors.len());
        let mut mistakes = Vec::new();
        for settings in &site.sensors {
            if settings.driver == drivers::mqtt::NAME {
                if let Err(error) = drivers::mqtt::Source::of(settings) {
                    mistakes.extend(site.driver_mistakes(settings, error));
                }
                continue;
            }
            match Sampler::new(settings, &hal, &sensors, &clock, reads) {
                Ok(sampler) => samplers.push(sampler),
                Err(error) => mistakes.extend(site.driver_mistakes(settings, error)),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let journal = Journal::new(clock.clone(), sinks);
        let costs = CostTable::new(&site.costs, sensors.clone(), clock.clone(), site.timezone);
        let (trusted, is_trusted) = watch::channel(false);
        let around = Surroundings {
            clock: clock.clone(),
            calendar: Calendar { timezone: site.timezone, place: site.place },
            sensors: sensors.clone(),
            hosts: site.hosts.clone(),
            costs: costs.clone(),
            interruptions: Interruptions::default(),
            outputs: outputs.names().into(),
            networks: site.scans.networks.keys().cloned().collect(),
            store: store.clone(),
            journal: journal.clone(),
            bus,
        };
        let executor = Executor {
            costs,
            world: world.clone(),
            clock,
            timezone: site.timezone,
            hosts: site.hosts.clone(),
            news,
            scans: site.scans.clone(),
            store,
            journal: journal.clone(),
            parallel_hosts: site.limits.parallel_hosts,
            locks: HostLocks::default(),
        };
        let mut channels = Vec::new();
        channels.extend(site.mail.as_ref().map(|_| Channel::Email { to: Vec::new() }));
        channels.extend(site.notify.as_ref().map(|_| Channel::Notify));
        let station = Station {
            around,
            executor: Arc::new(executor),
            owner: Arc::new(Owner::new(world, channels, journal)),
            trusted: is_trusted,
            switches: Switchboard::default(),
            outputs: outputs.levels(),
            safe_mode: false,
        };
        Ok(Parts { site, sensors, samplers, station, outputs, trusted })
    }
}

/// History beyond what memory holds.
struct StoreArchive(Store);

impl Archive for StoreArchive {
    fn points(
        &self,
        sensor: &str,
        from: chrono::DateTime<chrono::Utc>,
        to: chrono::DateTime<chrono::Utc>,
    ) -> Vec<Point> {
        match self.0.readings_between(sensor, from, to).wait() {
            Ok(points) => points,
            Err(error) => {
                tracing::error!("the history of {sensor} cannot be read: {error}");
                Vec::new()
            }
        }
    }
}
