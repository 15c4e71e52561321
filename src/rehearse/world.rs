//! The world of a rehearsal: hosts are the simulated closet's, messages go nowhere.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Closet, HostError, SharedCloset};
use crate::{
    host::{
        Host, HostKind, Whereabouts,
        libvirt::NOT_PLACED,
        scan::{PortSet, PortState, ScanPace, Scanned, Targets},
    },
    output::Outputs,
    plan::{
        Answer, Asking, Done, Failure, FailureKind, HostAct, Message, OutputStep, Power, Question,
        Questions, World,
    },
};

/// How long a look at ports takes in the closet.
const SCAN: Duration = Duration::from_secs(20);

/// Acts on a [`SharedCloset`] and keeps the messages. It waits for nothing but the clock.
pub struct Rehearsed {
    closet: SharedCloset,
    outputs: Option<Outputs>,
    told: Mutex<Vec<Told>>,
    questions: Questions,
}

/// A message that a real world would have sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub at: DateTime<Utc>,
    pub message: Message,
}

impl Rehearsed {
    pub fn new(closet: SharedCloset) -> Self {
        Rehearsed { closet, outputs: None, told: Mutex::default(), questions: Questions::default() }
    }

    /// The same world with outputs; their lines are simulated, too.
    pub fn with_outputs(self, outputs: Outputs) -> Self {
        Rehearsed { outputs: Some(outputs), ..self }
    }

    pub fn closet(&self) -> &SharedCloset {
        &self.closet
    }

    fn outputs(&self, step: &OutputStep) -> Result<&Outputs, Failure> {
        self.outputs.as_ref().ok_or_else(|| {
            let message = format!("this closet has no output \"{}\"", step.output);
            Failure::new(FailureKind::NotConfigured, message)
        })
    }

    /// Answers every question that is open; returns how many there were.
    pub fn answer(&self, yes: bool, by: &str) -> usize {
        let open = self.questions.list();
        let answer = |question: &&Question| {
            self.questions.answer(&question.token, Answer { yes, by: by.to_owned() })
        };
        open.iter().filter(answer).count()
    }

    /// Takes the messages that came since the last time, in their order.
    pub fn take_told(&self) -> Vec<Told> {
        std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a switch going, and says whether that changes anything.
    fn switch(
        &self,
        act: impl FnOnce(&mut Closet, DateTime<Utc>) -> Result<bool, HostError>,
    ) -> Result<bool, Failure> {
        let mut closet = self.closet.now();
        let now = closet.now();
        act(&mut closet, now).map_err(failure)
    }

    /// Nobody answers a wake-up packet: whoever cannot hear it, or cannot boot, stays silent.
    fn wake(&self, host: &Host) -> Result<bool, Failure> {
        if host.kind != HostKind::Physical {
            let message =
                format!("{} is no physical host: nothing there hears a wake-up packet", host.name);
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        self.switch(|closet, now| match closet.start(&host.name, now) {
            Err(HostError::Away(_) | HostError::Baseless { .. } | HostError::Failed { .. }) => {
                Ok(true)
            }
            other => other,
        })
    }

    /// Lets a command take its time on a host, which must answer at its begin and at its end.
    async fn command(&self, host: &Host, act: &'static str) -> Result<(), Failure> {
        let takes = {
            let mut closet = self.closet.now();
            let now = closet.now();
            closet.command(&host.name, act, now).map_err(failure)?
        };
        self.closet.clock().sleep(takes).await;
        if self.closet.now().is_up(&host.name).map_err(failure)? {
            Ok(())
        } else {
            Err(failure(HostError::Away(host.name.to_string())))
        }
    }
}

#[async_trait]
impl World for Rehearsed {
    async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        let up = self.closet.now().is_up(&host.name).map_err(failure)?;
        Ok(if up { Power::Up } else { Power::Down })
    }

    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        let changed = match act {
            HostAct::Start => self.switch(|closet, now| closet.start(&host.name, now))?,
            HostAct::Stop => self.switch(|closet, now| closet.stop(&host.name, now))?,
            HostAct::Restart => self.switch(|closet, now| closet.restart(&host.name, now))?,
            HostAct::Wake => self.wake(host)?,
            HostAct::Create { .. } if host.kind != HostKind::Placed => {
                return Err(Failure::new(FailureKind::NotConfigured, NOT_PLACED));
            }
            HostAct::Create { template } => {
                self.switch(|closet, now| closet.create(&host.name, template, now))?
            }
            HostAct::Settle { template, .. } => {
                let takes = {
                    let mut closet = self.closet.now();
                    let now = closet.now();
                    closet.begin_making(&host.name, template, now).map_err(failure)?
                };
                self.closet.clock().sleep(takes).await;
                self.switch(|closet, _| closet.end_making(&host.name, template))?
            }
            HostAct::Leave { template } => {
                self.switch(|closet, now| closet.leave(&host.name, template, now))?
            }
            HostAct::Destroy => self.switch(|closet, now| closet.destroy(&host.name, now))?,
            HostAct::Shell { .. } | HostAct::Upload { .. } | HostAct::Update => {
                self.command(host, act.name()).await?;
                true
            }
        };
        Ok(Done { output: String::new(), changed })
    }

    async fn scan(&self, host: &Host, ports: &PortSet, _: ScanPace) -> Result<Scanned, Failure> {
        if !self.closet.now().is_up(&host.name).map_err(failure)? {
            return Err(failure(HostError::Away(host.name.to_string())));
        }
        self.closet.clock().sleep(SCAN).await;
        let open = self.closet.now().open_ports(&host.name).map_err(failure)?;
        Ok(seen(&host.name, &open, ports))
    }

    /// It sees every host of the closet that is up.
    async fn scan_around(
        &self,
        scanner: &Host,
        targets: &Targets,
        _: ScanPace,
    ) -> Result<Vec<Scanned>, Failure> {
        self.command(scanner, "shell").await?;
        self.closet.clock().sleep(SCAN).await;
        let found = self.closet.now().seen_on_the_network();
        Ok(found.iter().map(|(name, open)| seen(name, open, &targets.ports)).collect())
    }

    async fn whereabouts(&self, host: &Host) -> Result<Whereabouts, Failure> {
        if host.kind != HostKind::Placed {
            return Err(Failure::new(FailureKind::NotConfigured, NOT_PLACED));
        }
        let places = self.closet.now().places(&host.name).map_err(failure)?;
        let known = places.into_iter().map(|place| (place, true)).collect();
        Ok(Whereabouts { known, unknown: Vec::new() })
    }

    async fn switch(&self, step: &OutputStep, by: &str) -> Result<Done, Failure> {
        self.outputs(step)?.carry_out(step, by).await
    }

    async fn would_switch(&self, step: &OutputStep) -> Result<bool, Failure> {
        Ok(self.outputs(step)?.would_switch(step).await?)
    }

    async fn make_safe_after(&self, by: &str) -> Vec<(String, Result<(), Failure>)> {
        let Some(outputs) = &self.outputs else { return Vec::new() };
        let done = outputs.make_safe_after(by).await;
        done.into_iter().map(|(name, result)| (name, result.map_err(Failure::from))).collect()
    }

    async fn tell(&self, message: &Message) -> Result<(), Failure> {
        let told = Told { at: self.closet.clock().now(), message: message.clone() };
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        Ok(())
    }

    /// The journal shows it.
    async fn publish(&self, _: &str, _: &str) -> Result<(), Failure> {
        Ok(())
    }

    /// People are silent, unless [`Rehearsed::answer`] speaks for them.
    async fn ask(&self, question: &Question) -> Result<Asking, Failure> {
        Ok(self.questions.hang(question.clone()))
    }

    fn is_live(&self) -> bool {
        false
    }
}

fn seen(name: &str, open: &[u16], ports: &PortSet) -> Scanned {
    let said = |port: u16| match open.contains(&port) {
        true => (port, PortState::Open),
        false => (port, PortState::Closed),
    };
    Scanned::of(name.to_owned(), ports.iter().map(said).collect())
}

fn failure(error: HostError) -> Failure {
    let kind = match error {
        HostError::Unknown(_) | HostError::NotMade(_) => FailureKind::NotConfigured,
        HostError::Away(_) | HostError::Baseless { .. } => FailureKind::Unreachable,
        HostError::Failed { .. } => FailureKind::Exit(1),
    };
    Failure::new(kind, error.to_string())
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{clock::Clock, host::Inventory, rehearse::Scenario};

    struct Stage {
        world: Rehearsed,
        hosts: Inventory,
    }

    impl Stage {
        fn new(scenario: &Scenario) -> Self {
            let clock = Clock::simulated(scenario.start(), 1.0);
            let world = Rehearsed::new(SharedCloset::new(scenario, clock));
            Stage { world, hosts: scenario.inventory() }
        }

        fn host(&self, name: &str) -> Arc<Host> {
            self.hosts.get(name).unwrap().clone()
        }

        async fn act(&self, name: &str, act: HostAct) -> Result<Done, Failure> {
            self.world.act(&self.host(name), &act).await
        }

        async fn probe(&self, name: &str) -> Power {
            self.world.probe(&self.host(name)).await.unwrap()
        }

        async fn wait(&self, seconds: u64) {
            self.world.closet.clock().sleep(Duration::from_secs(seconds)).await;
        }
    }

    fn shell() -> HostAct {
        HostAct::Shell { command: "true".to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_down_until_it_has_booted() {
        let stage = Stage::new(&Scenario::closet());
        assert_eq!(stage.probe("worker-1").await, Power::Down);
        assert!(stage.act("worker-1", HostAct::Start).await.unwrap().changed);
        stage.wait(59).await;
        assert_eq!(stage.probe("worker-1").await, Power::Down);
        stage.wait(1).await;
        assert_eq!(stage.probe("worker-1").await, Power::Up);
        assert!(!stage.act("worker-1", HostAct::Start).await.unwrap().changed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_machine_is_made_and_deleted() {
        let stage = Stage::new(&Scenario::closet());
        let create = || HostAct::Create { template: "kvm-medium".to_owned() };
        assert!(stage.act("worker-1", HostAct::Destroy).await.unwrap().changed);
        assert!(!stage.act("worker-1", HostAct::Destroy).await.unwrap().changed);
        let error = stage.act("worker-1", HostAct::Start).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::NotConfigured);
        assert!(stage.act("worker-1", create()).await.unwrap().changed);
        assert_eq!(stage.probe("worker-1").await, Power::Down);
        stage.wait(60).await;
        assert_eq!(stage.probe("worker-1").await, Power::Up);
        assert!(!stage.act("worker-1", create()).await.unwrap().changed);
        let error = stage.act("foo", create()).await.unwrap_err();
        assert_eq!(error.message, NOT_PLACED);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_answers_until_it_has_shut_down() {
        let stage = Stage::new(&Scenario::closet());
        stage.act("foo", HostAct::Stop).await.unwrap();
        assert_eq!(stage.probe("foo").await, Power::Up);
        stage.wait(20).await;
        assert_eq!(stage.probe("foo").await, Power::Down);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restart_goes_down_and_comes_back() {
        let stage = Stage::new(&Scenario::closet());
        stage.act("foo", HostAct::Restart).await.unwrap();
        stage.wait(20).await;
        assert_eq!(stage.probe("foo").await, Power::Down);
        stage.wait(60).await;
        assert_eq!(stage.probe("foo").await, Power::Up);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_takes_its_time_and_needs_the_host() {
        let stage = Stage::new(&Scenario::closet());
        let began = stage.world.closet.clock().now();
        stage.act("nas", HostAct::Update).await.unwrap();
        assert_eq!((stage.world.closet.clock().now() - began).num_seconds(), 240);
        let error = stage.act("worker-1", shell()).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Unreachable);
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_goes_away_during_a_command_fails_it() {
        let stage = Stage::new(&Scenario::closet());
        let (update, ()) = tokio::join!(biased; stage.act("nas", HostAct::Update), async {
            stage.wait(10).await;
            stage.act("nas", HostAct::Stop).await.unwrap();
        });
        assert_eq!(update.unwrap_err().kind, FailureKind::Unreachable);
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_fail_when_told_to() {
        let mut scenario = Scenario::closet();
        let foo = scenario.hosts.iter_mut().find(|host| host.name == "foo").unwrap();
        foo.fails = vec!["stop".to_owned()];
        let stage = Stage::new(&scenario);
        let error = stage.act("foo", HostAct::Stop).await.unwrap_err();
        assert_eq!(error.kind, FailureKind::Exit(1));
        assert_eq!(stage.probe("foo").await, Power::Up);
    }
}
