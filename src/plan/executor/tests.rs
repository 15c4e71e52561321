//! What every pipe may rely on, whichever world it runs in.

mod hosts;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;

use super::*;
use crate::{
    host::{Host, HostNews, tests::host},
    plan::{
        Act, Answer, Ask, Asking, Callback, Channel, Done, Failure, FailureKind, HostAct, Message,
        OneByOne, Power, Question, Questions, Tell, Verb,
    },
    store::NewRun,
};

/// Hosts that switch within ten seconds, unless they are told to fail.
struct Bench {
    clock: Clock,
    up: Mutex<BTreeMap<String, bool>>,
    fails: Mutex<Vec<(&'static str, &'static str)>>,
    acts: Mutex<Vec<String>>,
    /// Hosts of which nobody can say whether they are up.
    unknown: Mutex<Vec<String>>,
    told: Mutex<Vec<Message>>,
    questions: Questions,
}

#[async_trait]
impl World for Bench {
    async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        if self.unknown.lock().unwrap().contains(&host.name.to_string()) {
            return Err(Failure::new(FailureKind::Unreachable, "it refuses"));
        }
        let up = self.up.lock().unwrap().get(&*host.name).copied().unwrap_or(false);
        Ok(if up { Power::Up } else { Power::Down })
    }

    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        self.clock.sleep(Duration::from_secs(10)).await;
        self.acts.lock().unwrap().push(format!("{} {}", act.name(), host.name));
        let fails = self.fails.lock().unwrap().contains(&(act.name(), &*host.name));
        if fails {
            return Err(Failure::new(FailureKind::Exit(3), "no space left"));
        }
        let mut up = self.up.lock().unwrap();
        match act {
            // The first packet gets lost.
            HostAct::Start
                if self.fails.lock().unwrap().contains(&("first start", &*host.name)) =>
            {
                self.fails.lock().unwrap().retain(|(verb, _)| *verb != "first start");
            }
            HostAct::Stop if self.fails.lock().unwrap().contains(&("silence", &*host.name)) => {
                self.unknown.lock().unwrap().push(host.name.to_string());
            }
            HostAct::Start => drop(up.insert(host.name.to_string(), true)),
            HostAct::Stop => drop(up.insert(host.name.to_string(), false)),
            _ => {}
        }
        Ok(Done { output: "fine".into(), changed: true })
    }

    async fn tell(&self, message: &Message) -> Result<(), Failure> {
        self.told.lock().unwrap().push(message.clone());
        Ok(())
    }

    async fn ask(&self, question: &Question) -> Result<Asking, Failure> {
        Ok(self.questions.hang(question.clone()))
    }

    fn is_live(&self) -> bool {
        false
    }
}

/// A script whose `pick` keeps hosts with an `o` in their names, and which updates one by one.
struct Script;

#[async_trait]
impl Functions for Script {
    async fn keeps(&self, _: &Callback, row: &Row) -> Result<bool, String> {
        Ok(row.host.as_deref().unwrap_or_default().contains('o'))
    }

    async fn pipe_for(&self, _: &Callback, host: &str) -> Result<Pipe, String> {
        Ok(pipe([act(Verb::Update, Some(&[host]))]))
    }

    fn reply(&self, _: &str, _: bool) {}
}

struct Fixture {
    executor: Arc<Executor>,
    bench: Arc<Bench>,
}

impl Fixture {
    /// foo and bar are machines of their own, plex runs on big-iron; all are up.
    fn new() -> Self {
        let start = DateTime::from_timestamp(1_780_000_000, 0).unwrap();
        let clock = Clock::simulated(start, 1.0);
        let mut plex = host("plex");
        plex.on = Some("big-iron".into());
        Self::of(clock, [host("foo"), host("bar"), host("big-iron"), plex])
    }

    /// These hosts, all of them up.
    fn of(clock: Clock, hosts: impl IntoIterator<Item = Host>) -> Self {
        let hosts = Inventory::new(hosts);
        let up = hosts.names().map(|name| (name.to_string(), true)).collect();
        let bench = Arc::new(Bench {
            clock: clock.clone(),
            up: Mutex::new(up),
            fails: Mutex::default(),
            acts: Mutex::default(),
            unknown: Mutex::default(),
            told: Mutex::default(),
            questions: Questions::default(),
        });
        let executor = Arc::new(Executor {
            world: bench.clone(),
            clock: clock.clone(),
            timezone: crate::clock::berlin(),
            hosts: Arc::new(hosts),
            news: HostNews::new(clock.clone()),
            scans: Default::default(),
            costs: CostTable::nothing(clock.clone()),
            store: Store::memory().unwrap(),
            journal: Journal::new(clock, Vec::new()),
            parallel_hosts: 8,
            locks: HostLocks::default(),
        });
        Fixture { executor, bench }
    }

    async fn begin(&self, script: &str) -> Run {
        let new = NewRun {
            script: script.into(),
            watch: "watch".into(),
            cause: "test".into(),
            event_id: format!("{script}.1"),
            handler_kind: "fired".into(),
            handler: None,
            at: self.executor.clock.now(),
        };
        let id = self.executor.store.begin_run(new).await.unwrap();
        self.again(id, script)
    }

    /// The same run, taken up by another life of the agent.
    fn again(&self, id: i64, script: &str) -> Run {
        let named = (script.into(), "watch".into());
        Run::new(id, named, "test".into(), format!("{script}.1"), Arc::new(Script))
    }

    async fn run(&self, script: &str, pipe: Pipe) -> Report {
        let run = self.begin(script).await;
        self.executor.execute(&run, &pipe).await
    }

    fn acts(&self) -> Vec<String> {
        std::mem::take(&mut *self.bench.acts.lock().unwrap())
    }

    fn fail(&self, verb: &'static str, host: &'static str) {
        self.bench.fails.lock().unwrap().push((verb, host));
    }

    fn subjects(&self) -> Vec<String> {
        self.bench.told.lock().unwrap().iter().map(|message| message.subject.clone()).collect()
    }
}

fn pipe(steps: impl IntoIterator<Item = Step>) -> Pipe {
    Pipe { steps: steps.into_iter().collect(), ..Pipe::default() }
}

fn act(verb: Verb, hosts: Option<&[&str]>) -> Step {
    let hosts = hosts.map(|hosts| hosts.iter().map(|host| host.to_string()).collect());
    Step::Act(Act { verb, hosts })
}

fn stop(hosts: &[&str]) -> Step {
    act(Verb::Stop { with_guests: false }, Some(hosts))
}

fn start(hosts: &[&str]) -> Step {
    act(Verb::Start, Some(hosts))
}

fn email(subject: &str) -> Step {
    Step::Tell(Tell::Email { to: Vec::new(), subject: subject.into(), body: None })
}

fn closure() -> Callback {
    Callback { name: None, function: None }
}

fn error_of<'r>(report: &'r Report, host: &str) -> &'r str {
    let row = report.rows.iter().find(|row| row.host.as_deref() == Some(host)).expect("a row");
    row.error.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_failed_host_is_data_and_stops_nobody_else() {
    let bench = Fixture::new();
    bench.fail("stop", "bar");
    let shell = act(Verb::Shell { command: "sync".into() }, None);
    let report = bench.run("s", pipe([stop(&["foo", "bar"]), shell, email("stopped")])).await;
    assert_eq!(bench.acts(), ["stop foo", "stop bar", "shell foo"]);
    assert_eq!(report.failures().as_deref(), Some("1 of 2 failed"));
    assert_eq!(bench.subjects(), ["stopped (1 of 2 failed)"]);
    let failed = report.failed().next().unwrap();
    assert_eq!((failed.code, failed.error.as_deref()), (Some(3), Some("no space left")));
}

#[tokio::test(start_paused = true)]
async fn what_is_so_already_succeeds_without_a_change() {
    let bench = Fixture::new();
    let mut quiet = pipe([start(&["foo"]), email("started")]);
    quiet.if_changed = true;
    let report = bench.run("s", quiet).await;
    assert!(report.is_ok() && !report.changed());
    assert!(bench.acts().is_empty() && bench.subjects().is_empty());
}

#[tokio::test(start_paused = true)]
async fn guests_stop_before_what_they_run_on() {
    let bench = Fixture::new();
    let report = bench.run("s", pipe([stop(&["big-iron", "plex", "foo"])])).await;
    assert!(report.is_ok(), "{}", report.pretty());
    let acts = bench.acts();
    assert_eq!(acts[0], "stop plex");
    assert_eq!(acts.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_hypervisor_is_not_stopped_under_its_guests() {
    let bench = Fixture::new();
    let report = bench.run("s", pipe([stop(&["big-iron"])])).await;
    assert!(error_of(&report, "big-iron").contains("its guest plex is up"));
    bench.fail("stop", "plex");
    let with_guests = act(Verb::Stop { with_guests: true }, Some(&["big-iron"]));
    let report = bench.run("s", pipe([with_guests])).await;
    assert!(error_of(&report, "big-iron").contains("its guest plex did not stop"));
    assert_eq!(bench.acts(), ["stop plex"]);
}

#[tokio::test(start_paused = true)]
async fn a_guest_starts_what_it_runs_on_first() {
    let bench = Fixture::new();
    bench.run("s", pipe([stop(&["plex", "big-iron"])])).await;
    bench.acts();
    let report = bench.run("s", pipe([start(&["plex"])])).await;
    assert_eq!(bench.acts(), ["start big-iron", "start plex"]);
    assert_eq!(report.rows.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_one_script_holds_off_no_other_starts() {
    let bench = Fixture::new();
    bench.run("early", pipe([stop(&["bar"])])).await;
    let hold = act(Verb::HoldOff { hold: "heat".into() }, Some(&["foo", "bar"]));
    bench.run("heat", pipe([hold.clone()])).await;
    let report = bench.run("sun", pipe([start(&["foo"])])).await;
    assert!(error_of(&report, "foo").starts_with("held off by heat (\"heat\") since"));

    // A second firing of the same hold must not forget what the first one stopped.
    bench.run("heat", pipe([hold])).await;
    bench.acts();
    let release = act(Verb::Release { hold: "heat".into() }, None);
    bench.run("heat", pipe([release])).await;
    assert_eq!(bench.acts(), ["start foo"], "bar was down before the hold");
    assert!(bench.run("sun", pipe([start(&["bar"])])).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn picking_nothing_ends_the_pipe_quietly() {
    let bench = Fixture::new();
    let look = |host| act(Verb::Shell { command: "look".into() }, Some(host));
    let report =
        bench.run("s", pipe([look(&["bar"]), Step::Pick(closure()), email("found")])).await;
    assert!(report.quiet && report.rows.is_empty());
    let both = pipe([look(&["foo", "bar"]), Step::Pick(closure()), email("found")]);
    let report = bench.run("s", both).await;
    assert_eq!(report.rows.len(), 1);
    assert_eq!(bench.subjects(), ["found"]);
    // A host that failed is never silent.
    bench.fail("shell", "bar");
    bench.run("s", pipe([look(&["bar"]), Step::Pick(closure()), email("found")])).await;
    assert_eq!(bench.subjects()[1], "found (1 of 1 failed)");
}

#[tokio::test(start_paused = true)]
async fn a_walk_ends_at_the_first_failure_and_goes_on_where_it_was() {
    let bench = Fixture::new();
    let hosts: Vec<String> = ["foo", "bar", "plex"].map(String::from).to_vec();
    let walk = |keep_going| {
        let hosts = hosts.clone();
        pipe([Step::OneByOne(OneByOne { hosts, each: closure(), keep_going })])
    };
    bench.fail("update", "bar");
    let run = bench.begin("s").await;
    let report = bench.executor.execute(&run, &walk(false)).await;
    assert_eq!(bench.acts(), ["update foo", "update bar"]);
    assert_eq!(report.rows.len(), 2);

    // Another life of the agent, the same run: nothing is done twice.
    let report = bench.executor.execute(&bench.again(run.id, "s"), &walk(true)).await;
    assert_eq!(bench.acts(), ["update plex"]);
    assert_eq!(report.failures().as_deref(), Some("1 of 3 failed"));
}

#[tokio::test(start_paused = true)]
async fn pipes_of_all_run_beside_each_other() {
    let bench = Fixture::new();
    let began = bench.executor.clock.monotonic();
    let both = Step::All(vec![pipe([stop(&["foo"])]), pipe([stop(&["bar"])])]);
    let report = bench.run("s", pipe([both, email("both")])).await;
    assert_eq!(report.rows.len(), 2);
    assert!(bench.executor.clock.monotonic() - began < Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_the_site_has_lost_is_told() {
    let bench = Fixture::new();
    let report = bench.run("s", pipe([stop(&["gone", "foo"])])).await;
    assert!(error_of(&report, "gone").contains("no such host"));
    assert_eq!(report.failures().as_deref(), Some("1 of 2 failed"));
}

#[tokio::test(start_paused = true)]
async fn one_event_has_one_message_id_in_every_life() {
    let bench = Fixture::new();
    let run = bench.begin("s").await;
    let mail = pipe([email("a"), email("b")]);
    bench.executor.execute(&run, &mail).await;
    bench.executor.execute(&bench.again(run.id, "s"), &mail).await;
    let told = bench.bench.told.lock().unwrap();
    let ids: Vec<&str> = told.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids[..2], ids[2..]);
    assert_ne!(ids[0], ids[1]);
    assert_eq!(told[0].channel, Channel::Email { to: Vec::new() });
}

/// Asks whether foo is to be stopped, within ten minutes.
fn asking() -> Pipe {
    let within = Duration::from_secs(600);
    let ask = Ask { question: "Stop foo?".into(), within };
    pipe([Step::Ask(ask), stop(&["foo"]), email("stopped")])
}

impl Fixture {
    /// Lets some time pass, and then answers what is asked.
    async fn answer(&self, after: u64, yes: bool) -> String {
        self.executor.clock.sleep(Duration::from_secs(after)).await;
        let token = self.bench.questions.list().remove(0).token;
        assert!(self.bench.questions.answer(&token, Answer { yes, by: "a test".into() }));
        token
    }
}

#[tokio::test(start_paused = true)]
async fn a_pipe_goes_on_when_people_agree() {
    let bench = Fixture::new();
    let (report, _) = tokio::join!(bench.run("s", asking()), bench.answer(300, true));
    assert_eq!(bench.acts(), ["stop foo"]);
    assert!(report.agreed() && report.is_ok() && report.rows.len() == 2);
    let (report, _) = tokio::join!(bench.run("t", asking()), bench.answer(300, false));
    assert!(bench.acts().is_empty() && !report.agreed());
    assert!(report.is_ok(), "a no is no failure");
    assert_eq!(bench.subjects(), ["stopped"]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_no() {
    let bench = Fixture::new();
    let began = bench.executor.clock.monotonic();
    let report = bench.run("s", asking()).await;
    assert_eq!((bench.executor.clock.monotonic() - began).as_secs(), 600);
    assert!(!report.agreed() && bench.acts().is_empty() && bench.subjects().is_empty());
    assert_eq!(report.rows[0].output, "“Stop foo?” nobody answered, so no");
    assert!(bench.bench.questions.list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_question_and_its_answer_outlive_the_agent() {
    let bench = Fixture::new();
    let run = bench.begin("s").await;
    let executor = &bench.executor;
    let pipe = asking();
    let killed = executor.clock.timeout(Duration::from_secs(200), executor.execute(&run, &pipe));
    assert!(killed.await.is_err());
    // What is left of its time counts from when it was asked first.
    let again = bench.again(run.id, "s");
    let (report, first) = tokio::join!(executor.execute(&again, &pipe), bench.answer(300, true));
    assert!(report.agreed() && first.len() == 32);
    bench.acts();
    let again = bench.again(run.id, "s");
    assert!(executor.execute(&again, &pipe).await.agreed(), "nobody is asked twice");
    let late = bench.begin("t").await;
    let killed = executor.clock.timeout(Duration::from_secs(200), executor.execute(&late, &pipe));
    assert!(killed.await.is_err());
    executor.clock.sleep(Duration::from_secs(500)).await;
    let again = bench.again(late.id, "t");
    assert!(!executor.execute(&again, &pipe).await.agreed(), "its time is over");
}
