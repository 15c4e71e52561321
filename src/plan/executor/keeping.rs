//! Looking after hosts, all the time: those that somebody cares for are looked at again and again,
//! and those that are held are switched back when they change behind the agent's back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{
    Executor, NoFunctions, Run,
    holds::{back, short},
    rows::Rows,
};
use crate::{
    host::HostEvent,
    journal::Event,
    plan::{Power, Verb},
    store::{Hold, HoldKind},
    tasks::Tasks,
};

/// Between two looks at the same hosts.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Before the second look at a host that seems to have gone.
const LOOK_TWICE: Duration = Duration::from_secs(4);
/// What an earlier life of the agent was in the middle of goes on first.
const REST_AT_START: Duration = Duration::from_secs(20);
/// A host that could not be switched back is left alone for this long, then twice as long…
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// What the one who looks after hosts remembers.
#[derive(Default)]
struct Care {
    /// Hosts that resist: when to try again, on the clock that never jumps, and the pause before.
    resisting: BTreeMap<String, (Duration, Duration)>,
    /// Hosts that are switched back right now.
    busy: Vec<String>,
    /// Hosts of which it was said that they have to rest.
    told: BTreeSet<String>,
    tasks: Tasks<Vec<(String, bool)>>,
}

impl Executor {
    /// Looks after hosts, for ever.
    pub async fn look_after_hosts(self: Arc<Self>) {
        let mut heard = self.news.subscribe();
        let mut care = Care::default();
        let begins = self.clock.monotonic() + REST_AT_START;
        loop {
            let holds = self.store.holds().await.unwrap_or_default();
            let mut names: Vec<String> =
                self.news.cared().iter().map(ToString::to_string).collect();
            names.extend(holds.iter().flat_map(|hold| hold.hosts.iter().cloned()));
            names.sort();
            names.dedup();
            self.look_at(names.iter().map(String::as_str)).await;
            drain(&mut heard);
            let may_act = self.clock.monotonic() >= begins;
            for hold in holds.iter().filter(|_| may_act) {
                self.put_right(hold, &holds, &mut care).await;
            }
            let until = (!names.is_empty()).then(|| {
                let doubted = names.iter().any(|name| self.news.is_doubted(name));
                let pause = if doubted { LOOK_TWICE } else { self.until_next_look() };
                self.clock.monotonic() + pause
            });
            self.wait(until, &mut heard, &mut care).await;
        }
    }

    /// Waits until it is time to look again: for good, when there is nothing to look after.
    async fn wait(
        &self,
        until: Option<Duration>,
        heard: &mut Receiver<HostEvent>,
        care: &mut Care,
    ) {
        loop {
            tokio::select! {
                biased;
                () = self.news.wanted() => return,
                Some(ended) = care.tasks.join_next() => {
                    // A panic has been printed; its hosts are tried again by nobody, so as not to
                    // panic for ever.
                    care.ended(ended.unwrap_or_default(), self.clock.monotonic());
                }
                // A hypervisor tells it before anyone looks.
                event = heard.recv() => match event {
                    Ok(HostEvent::Seen { is_news: true, .. }) => return,
                    Ok(_) => {}
                    Err(_) => drain(heard),
                },
                () = async {
                    match until {
                        Some(until) => self.clock.sleep_to(until).await,
                        None => std::future::pending().await,
                    }
                } => return,
            }
        }
    }

    /// Looks fall on the same moments whenever the agent began.
    fn until_next_look(&self) -> Duration {
        let every = LOOK_EVERY.as_millis() as i64;
        let past = self.clock.now().timestamp_millis().rem_euclid(every);
        Duration::from_millis((every - past).unsigned_abs())
    }

    /// Has what is not as the hold wants it switched back, as far as that may be.
    async fn put_right(self: &Arc<Self>, hold: &Hold, holds: &[Hold], care: &mut Care) {
        if hold.releasing {
            self.forget_undone(hold).await;
        }
        let names = self.astray(hold, holds, care).await;
        if !names.is_empty() {
            care.busy.extend(names.iter().cloned());
            care.tasks.spawn(self.clone().switch_back(hold.clone(), names));
        }
    }

    /// The hosts that are not as the hold wants them, and may be switched.
    async fn astray(&self, hold: &Hold, holds: &[Hold], care: &mut Care) -> Vec<String> {
        let on = wants_on(hold);
        let wanted = if on { Power::Up } else { Power::Down };
        let now = self.clock.monotonic();
        let mut astray = Vec::new();
        for name in if hold.releasing { &hold.changed } else { &hold.hosts } {
            let Some(host) = self.hosts.get(name) else { continue };
            let known = self.news.believed(name);
            if known.is_none_or(|known| known.power == wanted) {
                care.told.remove(name);
                continue;
            }
            let is_contrary = |other: &Hold| {
                other.script != hold.script
                    && !other.releasing
                    && wants_on(other) != on
                    && other.hosts.contains(name)
            };
            let may_try = care.resisting.get(name).is_none_or(|(at, _)| *at <= now);
            let is_busy = care.busy.contains(name) || self.locks.is_busy(name);
            if is_busy || !may_try || holds.iter().any(is_contrary) {
                continue;
            }
            match self.guarded(host, on).await {
                None => astray.push(name.clone()),
                Some(guarded) if care.told.insert(name.clone()) => {
                    let (is, then) = if on { ("down", "started") } else { ("up", "stopped") };
                    let (until, rule) = (self.time(guarded.until), guarded.rule);
                    let text =
                        format!("{name} is {is} and will not be {then} before {until}: {rule}");
                    self.journal.of_watch(&hold.script, short(hold), Event::Note { text });
                }
                Some(_) => {}
            }
        }
        astray
    }

    /// What somebody else has undone meanwhile needs no undoing.
    async fn forget_undone(&self, hold: &Hold) {
        let wanted = if wants_on(hold) { Power::Up } else { Power::Down };
        let is_left = |name: &&String| {
            let known = self.news.believed(name);
            self.hosts.get(name).is_some() && known.is_none_or(|known| known.power != wanted)
        };
        let left: Vec<String> = hold.changed.iter().filter(is_left).cloned().collect();
        if left.len() == hold.changed.len() {
            return;
        }
        let altered = self.store.alter_hold(&hold.name, move |hold| {
            // A hold of the same name may have begun anew.
            if hold.releasing {
                hold.changed.retain(|name| left.contains(name));
                hold.hosts.clone_from(&hold.changed);
            }
        });
        if let Err(error) = altered.await {
            tracing::error!("the hold {} could not be kept: {error}", hold.name);
        }
    }

    /// Switches hosts back, in the name of the script that holds them. Says of each whether it went
    /// well.
    async fn switch_back(self: Arc<Self>, hold: Hold, names: Vec<String>) -> Vec<(String, bool)> {
        let on = wants_on(&hold);
        let (was_releasing, added) = (hold.releasing, names.clone());
        let altered = self.store.alter_hold(&hold.name, move |hold| {
            if hold.releasing || was_releasing {
                return;
            }
            // A release undoes this, too.
            for name in added {
                if hold.hosts.contains(&name) && !hold.changed.contains(&name) {
                    hold.changed.push(name);
                }
            }
        });
        let is_same = |now: &Hold| {
            now.releasing == was_releasing && names.iter().all(|name| now.hosts.contains(name))
        };
        match altered.await {
            Ok(now) if now.as_ref().is_some_and(is_same) => {}
            // It was released, or begun anew, in this very moment.
            Ok(_) => return names.into_iter().map(|name| (name, true)).collect(),
            Err(error) => tracing::error!("the hold {} could not be kept: {error}", hold.name),
        }
        let who = names.join(", ");
        let (is, held) = if on { ("down", "on") } else { ("up", "off") };
        let cause = match hold.releasing {
            true => format!("{who}: what \"{}\" did can be undone now", short(&hold)),
            false => format!("{who} {} {is}, and held {held}: {}", verb(&names), hold.cause),
        };
        let watch = short(&hold).to_owned();
        let event = format!("{}.{}", hold.name, self.clock.now().timestamp_millis());
        let run = Run::new(
            0,
            (hold.script.as_str().into(), watch.as_str().into()),
            cause.clone(),
            event,
            Arc::new(NoFunctions),
        );
        let act = match (hold.releasing, hold.kind) {
            (true, kind) => back(kind),
            (false, HoldKind::On) => Verb::HoldOn { hold: watch.clone() },
            (false, HoldKind::Off) => Verb::HoldOff { hold: watch.clone() },
        };
        let journal = &self.journal;
        journal.of_watch(&hold.script, &watch, Event::Fired { cause });
        let began = self.clock.monotonic();
        let mut rows = Rows::default();
        self.on_hosts(&run, &act, &names, &mut rows).await;
        let seconds = (self.clock.monotonic() - began).as_secs_f64();
        let report = rows.report();
        let failed = |name: &String| report.failed().any(|row| row.host.as_ref() == Some(name));
        let came = names.iter().map(|name| (name.clone(), !failed(name))).collect();
        let saw = Vec::new();
        journal.of_watch(&hold.script, &watch, Event::Ended { report: Some(report), saw, seconds });
        came
    }
}

impl Care {
    fn ended(&mut self, came: Vec<(String, bool)>, now: Duration) {
        for (name, ok) in came {
            self.busy.retain(|busy| *busy != name);
            if ok {
                self.resisting.remove(&name);
                continue;
            }
            let before = self.resisting.get(&name).map(|(_, pause)| *pause);
            let pause = before.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
            self.resisting.insert(name, (now + pause, pause));
        }
    }
}

/// Whether the hosts are to be up; what is released wants the opposite of what it held.
fn wants_on(hold: &Hold) -> bool {
    (hold.kind == HoldKind::On) != hold.releasing
}

fn verb(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

/// Forgets what was heard so far: the looks' own news above all.
fn drain(heard: &mut Receiver<HostEvent>) {
    loop {
        match heard.try_recv() {
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}
