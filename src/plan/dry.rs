//! A dry run: asks for real, and only writes down what it would have done.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{
    pipe::{OutputAct, OutputStep},
    question::{Answer, Asking, Question},
    world::{Done, Failure, HostAct, Message, Power, World},
};
use crate::{
    host::{
        Host, Whereabouts,
        scan::{PortSet, ScanPace, Scanned, Targets},
    },
    output::Level,
};

/// Another world with its hands tied. What it would have switched counts as switched from then on,
/// until it is dropped.
pub struct Dry {
    real: Arc<dyn World>,
    state: Mutex<State>,
}

/// Something that was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    Act { host: Arc<str>, act: HostAct },
    Switched(OutputStep),
    Told(Message),
    Published { topic: String, payload: String },
    Asked(Question),
}

#[derive(Default)]
struct State {
    /// Over what the real world says.
    assumed: BTreeMap<Arc<str>, Assumed>,
    places: BTreeMap<Arc<str>, Whereabouts>,
    outputs: BTreeMap<String, Level>,
    written: Vec<Written>,
}

#[derive(Clone, Copy)]
enum Assumed {
    Is(Power),
    /// Whoever waits for a restart wants to see the host away once, and then back.
    Restarting,
}

impl Dry {
    pub fn new(real: Arc<dyn World>) -> Self {
        Dry { real, state: Mutex::default() }
    }

    /// Takes what was written down since the last time, in its order.
    pub fn take_written(&self) -> Vec<Written> {
        std::mem::take(&mut self.state().written)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is a single insert or push: there is no half of it after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the host would be after this.
    async fn assume_place(&self, host: &Host, act: &HostAct) {
        if !matches!(
            act,
            HostAct::Create { .. }
                | HostAct::Destroy
                | HostAct::Settle { .. }
                | HostAct::Leave { .. }
        ) {
            return;
        }
        let Ok(mut places) = self.whereabouts(host).await else { return };
        match act {
            HostAct::Create { template } | HostAct::Settle { template, .. } => {
                places.known.retain(|(at, _)| at != template);
                places.known.push((template.clone(), true));
            }
            HostAct::Leave { template } => places.known.retain(|(at, _)| at != template),
            _ => places.known.clear(),
        }
        self.state().places.insert(host.name.clone(), places);
    }

    fn assumed(&self, host: &Host) -> Option<Power> {
        let mut state = self.state();
        let assumed = state.assumed.get_mut(&host.name)?;
        match *assumed {
            Assumed::Is(power) => Some(power),
            Assumed::Restarting => {
                *assumed = Assumed::Is(Power::Up);
                Some(Power::Down)
            }
        }
    }
}

#[async_trait]
impl World for Dry {
    async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        match self.assumed(host) {
            Some(power) => Ok(power),
            None => self.real.probe(host).await,
        }
    }

    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        let assumed = match act {
            HostAct::Start | HostAct::Wake | HostAct::Create { .. } | HostAct::Settle { .. } => {
                Some(Assumed::Is(Power::Up))
            }
            // The machine at the other place runs on.
            HostAct::Leave { .. } => None,
            HostAct::Stop | HostAct::Destroy => Some(Assumed::Is(Power::Down)),
            HostAct::Restart => Some(Assumed::Restarting),
            HostAct::Shell { .. } | HostAct::Upload { .. } | HostAct::Update => None,
        };
        self.assume_place(host, act).await;
        let mut state = self.state();
        if let Some(assumed) = assumed {
            state.assumed.insert(host.name.clone(), assumed);
        }
        state.written.push(Written::Act { host: host.name.clone(), act: act.clone() });
        Ok(Done { output: String::new(), changed: true })
    }

    /// A look, like a probe.
    async fn scan(&self, host: &Host, ports: &PortSet, pace: ScanPace) -> Result<Scanned, Failure> {
        self.real.scan(host, ports, pace).await
    }

    /// Likewise: nmap changes nothing on the host that runs it.
    async fn scan_around(
        &self,
        scanner: &Host,
        targets: &Targets,
        pace: ScanPace,
    ) -> Result<Vec<Scanned>, Failure> {
        self.real.scan_around(scanner, targets, pace).await
    }

    async fn whereabouts(&self, host: &Host) -> Result<Whereabouts, Failure> {
        let assumed = self.state().places.get(&host.name).cloned();
        match assumed {
            Some(places) => Ok(places),
            None => self.real.whereabouts(host).await,
        }
    }

    async fn switch(&self, step: &OutputStep, _by: &str) -> Result<Done, Failure> {
        let assumed = self.state().outputs.get(&step.output).copied();
        let changed = match (assumed, &step.act) {
            (Some(before), OutputAct::Set(level)) => before != *level,
            (Some(_), OutputAct::Pulse(_)) => true,
            (None, _) => self.real.would_switch(step).await?,
        };
        let mut state = self.state();
        // A pulse ends by itself.
        if let OutputAct::Set(level) = step.act {
            state.outputs.insert(step.output.clone(), level);
        }
        state.written.push(Written::Switched(step.clone()));
        Ok(Done { output: String::new(), changed })
    }

    async fn tell(&self, message: &Message) -> Result<(), Failure> {
        self.state().written.push(Written::Told(message.clone()));
        Ok(())
    }

    async fn publish(&self, topic: &str, payload: &str) -> Result<(), Failure> {
        let (topic, payload) = (topic.to_owned(), payload.to_owned());
        self.state().written.push(Written::Published { topic, payload });
        Ok(())
    }

    /// Nobody is asked, and the pipe goes on, to show what a yes would do.
    async fn ask(&self, question: &Question) -> Result<Asking, Failure> {
        self.state().written.push(Written::Asked(question.clone()));
        Ok(Asking::answered(Answer { yes: true, by: "the dry run, which asks nobody".into() }))
    }

    fn is_live(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        hal::{Board, Hal},
        journal::Journal,
        output::Outputs,
        rehearse::{Rehearsed, Scenario, SharedCloset},
        sensor::Reads,
        store::Store,
    };

    /// A dry run over a closet in which foo is up and worker-1 is down, and the closet itself.
    fn dry() -> (Dry, SharedCloset, Scenario) {
        let scenario = Scenario::closet();
        let closet = SharedCloset::new(&scenario, Clock::simulated(scenario.start(), 1.0));
        (Dry::new(Arc::new(Rehearsed::new(closet.clone()))), closet, scenario)
    }

    #[tokio::test(start_paused = true)]
    async fn outputs_are_looked_at_and_left_alone() {
        let (_, closet, scenario) = dry();
        let hal = Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(closet.clone()));
        let (clock, store) = (closet.clock().clone(), Store::memory().unwrap());
        let (journal, settings) =
            (Journal::new(clock.clone(), Vec::new()), scenario.output_settings());
        let outputs = Outputs::new(&settings, hal.lines(), clock, store, Reads::Inline).unwrap();
        outputs.start(&journal).await;
        let dry = Dry::new(Arc::new(Rehearsed::new(closet).with_outputs(outputs)));
        let switch = async |act| {
            let step = OutputStep { output: "water-valve".into(), act };
            dry.switch(&step, "leak/leak").await.map(|done| done.changed)
        };

        assert_eq!(switch(OutputAct::Set(Level::ON)).await, Ok(false), "it is open already");
        assert_eq!(switch(OutputAct::Set(Level::OFF)).await, Ok(true));
        assert_eq!(switch(OutputAct::Set(Level::OFF)).await, Ok(false), "it counts as shut");
        let act = OutputAct::Set(Level::Share(0.4));
        let half_open = OutputStep { output: "water-valve".into(), act };
        let refused = Dry::new(dry.real.clone()).switch(&half_open, "leak/leak").await.unwrap_err();
        assert!(refused.message.contains("nothing between"));
        assert_eq!(hal.lines().simulation().unwrap().driven("GPIO22"), Some(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn acts_are_believed_but_not_done() {
        let (dry, closet, scenario) = dry();
        let hosts = scenario.inventory();
        let foo = hosts.get("foo").unwrap();
        assert_eq!(dry.probe(foo).await, Ok(Power::Up));
        assert!(dry.act(foo, &HostAct::Stop).await.unwrap().changed);
        assert_eq!(dry.probe(foo).await, Ok(Power::Down));
        assert_eq!(closet.now().is_up("foo"), Ok(true));
        let written = Written::Act { host: "foo".into(), act: HostAct::Stop };
        assert_eq!(dry.take_written(), [written]);
        assert_eq!(dry.take_written(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_is_seen_going_and_coming() {
        let (dry, _, scenario) = dry();
        let hosts = scenario.inventory();
        let foo = hosts.get("foo").unwrap();
        dry.act(foo, &HostAct::Restart).await.unwrap();
        assert_eq!(dry.probe(foo).await, Ok(Power::Down));
        assert_eq!(dry.probe(foo).await, Ok(Power::Up));
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_it_left_alone_are_asked_for_real() {
        let (dry, closet, scenario) = dry();
        let hosts = scenario.inventory();
        let worker = hosts.get("worker-1").unwrap();
        assert_eq!(dry.probe(worker).await, Ok(Power::Down));
        let started = closet.clock().now();
        assert_eq!(closet.now().start("worker-1", started), Ok(true));
        closet.clock().sleep(std::time::Duration::from_secs(60)).await;
        assert_eq!(dry.probe(worker).await, Ok(Power::Up));
    }
}
