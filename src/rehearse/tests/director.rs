//! Carries out what a test asks for, on the rehearsal's own paused runtime.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    givens::{Given, Givens},
    play::{Answer, Ask, Props, Seen},
};
use crate::{
    clock::Clock,
    config::SensorSettings,
    plan::Origin,
    rehearse::{Life, RehearseError, Senses, Stage, stage},
    script::folder,
    suggest::did_you_mean,
    switch::{Switchboard, Wish},
};

/// How often sensors speak that only the test knows, and how long they are believed.
const EVERY: Duration = Duration::from_secs(10);
const MAX_AGE: Duration = Duration::from_secs(60);
/// What is due at the end of an `advance` happens in it.
const SETTLE: Duration = Duration::from_millis(1);

pub struct Director {
    stage: Stage,
    givens: Givens,
    /// What an hour costs, as the test says.
    prices: BTreeMap<String, f64>,
    /// A site file says what sensors there are; without one the test may make more.
    strict: bool,
    /// Outputs that fail, in every life.
    broken: Vec<String>,
}

/// Why a life ends.
enum Exit {
    Over,
    /// The agent comes back after this time.
    Restart(Duration),
}

impl Director {
    pub fn new(props: &Props, seen: Seen) -> Result<Director, RehearseError> {
        let start = props.scenario.start();
        let audience = Arc::new(Mutex::new(seen));
        let (site, scripts) = (props.site.clone(), vec![props.script.clone()]);
        let strict = site.file.is_some();
        let mut stage = Stage::new(site, &props.scenario, scripts, start, audience)?;
        let givens = Givens::default();
        stage.senses = Senses::Given(givens.clone());
        Ok(Director { stage, givens, prices: BTreeMap::new(), strict, broken: Vec::new() })
    }

    /// Serves until the test is over.
    pub fn serve(&mut self, asks: &mpsc::Receiver<Ask>, answers: &mpsc::Sender<Answer>) {
        // Before the first life, everything can still be arranged.
        let mut first = None;
        for ask in asks {
            let needs_life = matches!(ask, Ask::Advance(_) | Ask::Until(_) | Ask::Restart(_));
            if needs_life {
                first = Some(ask);
                break;
            }
            let answer = self.arrange(ask);
            if answers.send(answer).is_err() {
                return;
            }
        }
        while let Some(ask) = first.take() {
            match self.live(ask, asks, answers) {
                Ok(Exit::Over) => return,
                Ok(Exit::Restart(pause)) => {
                    let now = self.stage.closet.now();
                    self.stage.pass(now + TimeDelta::from_std(pause).unwrap_or_default());
                    // The new life begins at once, and the test goes on with it.
                    first = Some(Ask::Advance(Duration::ZERO));
                }
                Err(error) => drop(answers.send(Err(explain(&error)))),
            }
        }
    }

    /// Before the agent lives.
    fn arrange(&mut self, ask: Ask) -> Answer {
        match ask {
            Ask::Also(script) => {
                let folder = self.stage.scripts[0].folder.clone();
                let file = Path::new(&script).with_extension("rhai");
                let source = folder::source(&folder.join(file)).map_err(|it| it.to_string())?;
                self.stage.scripts.push(source);
            }
            Ask::Start(local) => {
                let start = self.stage.site.timezone.first_instant(local);
                self.stage.closet =
                    crate::rehearse::Closet::starting(&self.stage.closet.scenario().clone(), start);
            }
            Ask::Given { sensor, slots, step } => {
                let every = self.know(&sensor)?;
                let given = Given::from(self.stage.closet.now(), slots, step);
                self.givens.set(&sensor, given, every);
            }
            Ask::HostBroken(host, broken) => {
                let known = self.stage.closet.break_host(&host, broken);
                return self.known_host(&host, known);
            }
            Ask::HostRuns(host, runs) => {
                let known = self.stage.closet.set_running(&host, runs);
                return self.known_host(&host, known);
            }
            Ask::Ports(host, ports) => {
                let known = self.stage.closet.set_ports(&host, &ports);
                return self.known_host(&host, known);
            }
            Ask::Fails { host, act } => {
                let known = self.stage.closet.make_fail(&host, &act);
                return self.known_host(&host, known);
            }
            Ask::OutputFails(output) => {
                self.know_output(&output)?;
                self.broken.push(output);
            }
            Ask::Answer(_) | Ask::Acknowledge(_) | Ask::Turn(..) => {
                return Err("nothing has happened yet: `advance` comes first".into());
            }
            Ask::Price { cost, value } => {
                let known = self.stage.site.costs.iter().any(|it| *it.name == *cost);
                self.prices.insert(cost.clone(), value);
                return self.known_cost(&cost, known);
            }
            Ask::Interrupt(_) => return Err("no machine runs yet: `advance` first".into()),
            Ask::Advance(_) | Ask::Until(_) | Ask::Restart(_) => {}
        }
        Ok(())
    }

    /// How often the sensor speaks; without a site file, one that nobody knows is made.
    fn know(&mut self, sensor: &str) -> Result<Duration, String> {
        let site = Arc::make_mut(&mut self.stage.site);
        if let Some(known) = site.sensors.iter().find(|each| *each.name == *sensor) {
            return Ok(known.every);
        }
        if self.strict {
            let names = site.sensors.iter().map(|each| &*each.name);
            let hint = did_you_mean(sensor, names).map(|hint| format!("; {hint}"));
            return Err(format!("no sensor is called \"{sensor}\"{}", hint.unwrap_or_default()));
        }
        site.sensors.push(SensorSettings {
            name: sensor.into(),
            driver: "file".into(),
            every: EVERY,
            max_age: MAX_AGE,
            range: None,
            smooth: None,
            filters: Default::default(),
            scale: 1.0,
            offset: 0.0,
            unit: None,
            options: [("path".to_owned(), toml::Value::from("/given"))].into_iter().collect(),
        });
        Ok(EVERY)
    }

    fn known_host(&self, host: &str, known: bool) -> Answer {
        if known {
            return Ok(());
        }
        let names = self.stage.site.hosts.names().map(|name| &**name);
        let hint = did_you_mean(host, names).map(|hint| format!("; {hint}"));
        Err(format!("no host is called \"{host}\"{}", hint.unwrap_or_default()))
    }

    fn know_output(&self, output: &str) -> Answer {
        let names = self.stage.site.outputs.iter().map(|each| &*each.name);
        if names.clone().any(|name| name == output) {
            return Ok(());
        }
        let hint = did_you_mean(output, names).map(|hint| format!("; {hint}"));
        Err(format!("no output is called \"{output}\"{}", hint.unwrap_or_default()))
    }

    fn known_cost(&self, cost: &str, known: bool) -> Answer {
        if known {
            return Ok(());
        }
        let names = self.stage.site.costs.iter().map(|cost| &*cost.name);
        let hint = did_you_mean(cost, names).map(|hint| format!("; {hint}"));
        Err(format!("no cost is called \"{cost}\"{}", hint.unwrap_or_default()))
    }

    /// One life of the agent, which begins with something that needs it.
    fn live(
        &mut self,
        first: Ask,
        asks: &mpsc::Receiver<Ask>,
        answers: &mpsc::Sender<Answer>,
    ) -> Result<Exit, RehearseError> {
        let runtime = stage::runtime()?;
        let begins = self.stage.closet.now();
        let (exit, left) = runtime.block_on(async {
            let clock = Clock::simulated(begins, 1.0);
            let life = Life::begin(&self.stage, clock.clone()).await?;
            for output in &self.broken {
                life.break_output(&self.stage, output);
            }
            for (cost, value) in &self.prices {
                life.station.around.costs.give(cost, *value);
            }
            let mut moment = Moment { clock, begins, due: Duration::ZERO };
            let mut next = Some(first);
            let exit = loop {
                // The runtime stands still while the test thinks.
                let Some(ask) = next.take().or_else(|| asks.recv().ok()) else { break Exit::Over };
                let answer = match self.act(ask, &life, &mut moment).await {
                    ControlFlow::Continue(answer) => answer,
                    ControlFlow::Break(pause) => break Exit::Restart(pause),
                };
                if answers.send(answer).is_err() {
                    break Exit::Over;
                }
            };
            Ok::<_, RehearseError>((exit, life.end().await?))
        })?;
        drop(runtime);
        self.stage.take_over(left);
        Ok(exit)
    }

    async fn act(
        &mut self,
        ask: Ask,
        life: &Life,
        moment: &mut Moment,
    ) -> ControlFlow<Duration, Answer> {
        ControlFlow::Continue(match ask {
            Ask::Restart(pause) => return ControlFlow::Break(pause),
            Ask::Advance(by) => {
                moment.advance(by).await;
                Ok(())
            }
            Ask::Until(time) => {
                let zone = self.stage.site.timezone;
                let now = moment.now().with_timezone(&zone).naive_local();
                let today = now.date().and_time(time);
                let then = if today > now { today } else { today + TimeDelta::days(1) };
                let by = zone.first_instant(then) - moment.now();
                moment.advance(by.to_std().unwrap_or_default()).await;
                Ok(())
            }
            Ask::Given { sensor, slots, step } => match life.sensors.id(&sensor) {
                Ok(_) => {
                    let every = self.know(&sensor).unwrap_or(EVERY);
                    self.givens.set(&sensor, Given::from(moment.now(), slots, step), every);
                    self.givens.publish_at(moment.now(), &life.sensors);
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            },
            Ask::HostBroken(host, broken) => {
                let known = life.closet.now().break_host(&host, broken);
                self.known_host(&host, known)
            }
            Ask::HostRuns(host, runs) => {
                let known = life.closet.now().set_running(&host, runs);
                self.known_host(&host, known)
            }
            Ask::Ports(host, ports) => {
                let known = life.closet.now().set_ports(&host, &ports);
                self.known_host(&host, known)
            }
            Ask::Fails { host, act } => {
                let known = life.closet.now().make_fail(&host, &act);
                self.known_host(&host, known)
            }
            Ask::OutputFails(output) => {
                let known = self.know_output(&output);
                if known.is_ok() {
                    life.break_output(&self.stage, &output);
                    self.broken.push(output);
                }
                known
            }
            Ask::Answer(yes) => match life.world.answer(yes, "the test") {
                0 => Err("nobody is asked anything now".into()),
                _ => Ok(()),
            },
            Ask::Acknowledge(watch) => match life.station.around.store.acknowledge(&watch).await {
                Ok(known) if known.is_empty() => {
                    Err(format!("\"{watch}\" has told nothing that is not over"))
                }
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
            Ask::Turn(switch, on) => turn(&life.station.switches, &switch, on),
            Ask::Price { cost, value } => {
                self.prices.insert(cost.clone(), value);
                let known = life.station.around.costs.give(&cost, value);
                self.known_cost(&cost, known)
            }
            Ask::Interrupt(host) => {
                let known = life.closet.now().take_back(&host);
                if let Some(machine) = self.stage.site.hosts.get(&host) {
                    let id = format!("{host} at {}", moment.now());
                    let why = "the test takes it back";
                    life.station.around.interruptions.tell(&machine.name, &id, why);
                }
                self.known_host(&host, known)
            }
            Ask::Also(_) | Ask::Start(_) => {
                Err("this stands before the first `advance`: the agent runs already".into())
            }
        })
    }
}

/// By voice, as from Alexa's app: the deed follows while time passes.
fn turn(switches: &Switchboard, name: &str, on: bool) -> Answer {
    let refused = match switches.ask(name, Wish { on, brightness: None }, Origin::Voice) {
        Ok(_) => return Ok(()),
        Err(refused) => refused,
    };
    let all = switches.list();
    let hint = did_you_mean(name, all.iter().map(|each| &*each.name));
    let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(format!("\"{name}\": {refused}{hint}"))
}

/// The present of a test, to which time is added without the settling.
struct Moment {
    clock: Clock,
    begins: DateTime<Utc>,
    due: Duration,
}

impl Moment {
    fn now(&self) -> DateTime<Utc> {
        self.begins + TimeDelta::from_std(self.due).unwrap_or(TimeDelta::MAX)
    }

    async fn advance(&mut self, by: Duration) {
        self.due = self.due.saturating_add(by);
        let until = self.due + SETTLE;
        self.clock.sleep(until.saturating_sub(self.clock.monotonic())).await;
    }
}

/// An error of the agent's beginning: above all, the script's own mistakes.
fn explain(error: &RehearseError) -> String {
    match error {
        RehearseError::Scripts(mistakes) => {
            mistakes.iter().map(|mistake| mistake.to_text()).collect()
        }
        other => other.to_string(),
    }
}
