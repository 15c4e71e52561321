//! Commands that come over the broker: only to what the site file opens to it.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::switches;
use crate::{
    agent::desk::AgentDesk,
    host::Host,
    journal::Event,
    mqtt::{
        Bus, Message, payload,
        topic::{Command, Topics},
    },
    plan::{Act, NoFunctions, Pipe, Place, Power, Run, Step, Verb},
    script::actor::Station,
    tasks,
};

/// How often the opened hosts are asked whether they are up.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// Commands that are carried out at a time; more are dropped, not queued.
const AT_A_TIME: usize = 8;
/// What the journal and holds call the one who commands.
const WHO: &str = "mqtt";

/// Keeps the state of the opened hosts true.
pub async fn show_power(bus: Bus, topics: Topics, station: Station, hosts: Vec<Arc<Host>>) {
    loop {
        for host in &hosts {
            show(&bus, &topics, &station, host).await;
        }
        station.executor.clock.sleep(LOOK_EVERY).await;
    }
}

/// A host of which nothing can be known keeps its last state.
async fn show(bus: &Bus, topics: &Topics, station: &Station, host: &Host) {
    let executor = &station.executor;
    let Ok(power) = executor.probe(host).await else { return };
    let up = power == Power::Up;
    bus.show(topics.host(&host.name), if up { "ON" } else { "OFF" });
    // Other sites know hosts and sensors by the same kind of name: a sensor goes before.
    if station.around.sensors.id(&host.name).is_err() {
        let state = payload::of_host(up, executor.clock.now());
        bus.show(topics.host_state(&host.name), state);
    }
}

/// Whoever obeys.
pub struct Commander {
    pub bus: Bus,
    pub topics: Topics,
    pub station: Station,
    /// The watches that the site file opens.
    pub watches: Vec<String>,
    pub desk: Arc<AgentDesk>,
}

impl Commander {
    pub async fn run(self: Arc<Self>) {
        let [hosts, watches, switches] =
            self.topics.commands().map(|filter| self.bus.listen(&filter));
        tokio::join!(self.obey_all(hosts), self.obey_all(watches), self.obey_all(switches));
    }

    async fn obey_all(self: &Arc<Self>, mut inbox: crate::mqtt::Inbox) {
        let room = Arc::new(Semaphore::new(AT_A_TIME));
        while let Some(message) = inbox.recv().await {
            let Ok(place) = room.clone().try_acquire_owned() else {
                self.refuse(&message, "too many commands at a time");
                continue;
            };
            let here = self.clone();
            tasks::spawn(async move {
                if let Err(why) = here.obey(&message).await {
                    here.refuse(&message, &why);
                }
                drop(place);
            });
        }
    }

    fn refuse(&self, message: &Message, why: &str) {
        self.bus.complaints().drop_message(&message.topic, why);
    }

    async fn obey(&self, message: &Message) -> Result<(), String> {
        if message.retained {
            return Err("a retained command was meant for some other time".into());
        }
        match self.topics.command(&message.topic).ok_or("it commands nothing")? {
            Command::Host(name) => self.switch(&name, &message.payload).await,
            Command::Watch(name) if self.watches.contains(&name) => {
                let fired = self.desk.fire(&name).await;
                // What came of it stands in the journal.
                fired.map(drop).map_err(|refusal| refusal.to_string())
            }
            // It answers at once; the journal has what comes of it.
            Command::Switch(name) => switches::ask(&self.station.switches, &name, &message.payload),
            Command::Watch(name) => {
                Err(format!("the site file does not open the watch {name:?}: [mqtt] watches"))
            }
        }
    }

    async fn switch(&self, name: &str, payload: &[u8]) -> Result<(), String> {
        let executor = &self.station.executor;
        let host = executor.hosts.get(name).filter(|host| host.mqtt).ok_or_else(|| {
            format!("the site file does not open a host {name:?}: mqtt = true in [hosts.{name}]")
        })?;
        let (word, verb) = match payload {
            b"ON" => ("on", Verb::Start),
            b"OFF" => ("off", Verb::Stop { with_guests: false }),
            _ => return Err("a host is switched ON or OFF".into()),
        };
        let journal = &self.station.around.journal;
        let cause = format!("switched {word} over MQTT");
        let event = format!("{WHO}.{name}.{}", executor.clock.now().timestamp_millis());
        let run =
            Run::new(0, (WHO.into(), name.into()), cause.clone(), event, Arc::new(NoFunctions));
        let act = Act { verb, hosts: Some(vec![name.to_owned()]) };
        let pipe = Pipe { steps: vec![Step::Act(act)], if_changed: false, place: Place::default() };
        journal.of_watch(WHO, name, Event::Fired { cause });
        let began = executor.clock.monotonic();
        let report = executor.execute(&run, &pipe).await;
        let seconds = (executor.clock.monotonic() - began).as_secs_f64();
        let ended = Event::Ended { report: Some(report), saw: Vec::new(), seconds };
        journal.of_watch(WHO, name, ended);
        show(&self.bus, &self.topics, &self.station, host).await;
        Ok(())
    }
}
