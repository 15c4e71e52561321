//! Arbitration: what one script holds off, no other script starts.

use super::{Executor, Run, rows::Rows};
use crate::{
    host::Host,
    journal::Event,
    plan::{Act, Power, Row, Verb},
    store::{Hold, HoldKind},
};

/// Where a row names the script that holds its host.
pub(super) const HELD_BY: &str = "held_by";

/// Marks a row whose host has to rest.
pub(super) const GUARDED: &str = "guarded";

/// Why a verb is not applied to a host, though it could be.
pub(super) struct Refusal {
    pub(super) message: String,
    /// The script that holds the host.
    pub(super) held_by: Option<String>,
}

impl Refusal {
    pub(super) fn of(message: String) -> Self {
        Refusal { message, held_by: None }
    }

    pub(super) fn into_row(self) -> Row {
        let held_by = self.held_by.map(|script| (HELD_BY.to_owned(), script.into()));
        Row { error: Some(self.message), data: held_by.into_iter().collect(), ..Row::default() }
    }
}

impl Executor {
    /// Keeps the hold first, then switches the hosts: a host that cannot be stopped now is still
    /// held, and the hold says which hosts it changed.
    pub(super) async fn hold(&self, run: &Run, name: &str, act: &Act, rows: &mut Rows) {
        let hosts = rows.targets(act.hosts.as_deref());
        let _intent = self.locks.intend(&hosts);
        let kind = match act.verb {
            Verb::HoldOn { .. } => HoldKind::On,
            _ => HoldKind::Off,
        };
        let earlier = self.find(run, name).await;
        let mut hold = earlier.unwrap_or(Hold {
            name: key(run, name),
            script: run.script.to_string(),
            cause: run.cause.clone(),
            kind,
            hosts: Vec::new(),
            changed: Vec::new(),
            since: self.clock.now(),
            releasing: false,
        });
        // What another kind of hold, or a released one, still had to undo is not wanted any more.
        if hold.kind != kind || hold.releasing {
            (hold.hosts, hold.changed) = (Vec::new(), Vec::new());
        }
        (hold.kind, hold.releasing) = (kind, false);
        // Written down before anything is switched: an agent killed in the middle must still know
        // what a release has to undo.
        let wanted = if kind == HoldKind::On { Power::Up } else { Power::Down };
        for name in &hosts {
            let Some(host) = self.hosts.get(name) else { continue };
            let will_change = self.probe(host).await != Ok(wanted);
            if will_change && !hold.changed.contains(name) {
                hold.changed.push(name.clone());
            }
            if !hold.hosts.contains(name) {
                hold.hosts.push(name.clone());
            }
        }
        if let Err(error) = self.store.save_hold(&hold).await {
            rows.note(trouble(format!("the hold \"{name}\" could not be kept: {error}")));
        }
        self.news.look_again();
        self.on_hosts(run, &act.verb, &hosts, rows).await;
        if let Some(named) = &act.hosts {
            rows.turn_to(named);
        }
    }

    /// Undoes what the hold did. It is given up only afterwards, so that a killed agent goes on
    /// with it. What cannot be undone yet, because the host has to rest or somebody else holds it,
    /// is undone when it can be.
    pub(super) async fn release(&self, run: &Run, name: &str, rows: &mut Rows) {
        let released = self.store.alter_hold(&key(run, name), |hold| hold.releasing = true).await;
        let hold = match released {
            Ok(Some(hold)) => hold,
            Ok(None) => return,
            Err(error) => {
                let message = format!("the hold \"{name}\" could not be released: {error}");
                return rows.note(trouble(message));
            }
        };
        self.on_hosts(run, &back(hold.kind), &hold.changed, rows).await;
        let report = rows.report();
        let waiting: Vec<String> = report
            .rows
            .iter()
            .filter(|row| has_to_wait(row))
            .filter_map(|row| row.host.clone())
            .collect();
        // Somebody may have switched one of them meanwhile, and then it is not undone any more.
        let left = self.store.alter_hold(&hold.name, move |hold| {
            hold.changed.retain(|name| waiting.contains(name));
            hold.hosts.clone_from(&hold.changed);
        });
        match left.await {
            Ok(None) => {}
            Ok(Some(_)) => self.news.look_again(),
            Err(error) => {
                rows.note(trouble(format!("the hold \"{name}\" could not be removed: {error}")));
            }
        }
    }

    /// A host that was switched on purpose is not switched back by what was to be undone; and a
    /// script that starts what it holds off itself (or the reverse) holds that host no longer.
    pub(super) async fn overrule_holds(&self, run: &Run, verb: &Verb, host: &Host) {
        let starts = match verb {
            Verb::Start | Verb::HoldOn { .. } | Verb::Restart => true,
            Verb::Stop { .. } | Verb::HoldOff { .. } => false,
            _ => return,
        };
        for hold in self.store.holds().await.unwrap_or_default() {
            let is_held = hold.hosts.iter().any(|name| **name == *host.name);
            let is_own = hold.script == *run.script && starts == (hold.kind == HoldKind::Off);
            if !is_held || !(hold.releasing || is_own) {
                continue;
            }
            let name = host.name.clone();
            let altered = self.store.alter_hold(&hold.name, move |hold| {
                hold.hosts.retain(|each| **each != *name);
                hold.changed.retain(|each| **each != *name);
            });
            if let Err(error) = altered.await {
                let text = format!("the hold \"{}\" could not be changed: {error}", hold.name);
                self.note(run, Event::Note { text });
            }
        }
    }

    /// Who keeps this script from switching this host, and why.
    pub(super) async fn held_against(
        &self,
        run: &Run,
        verb: &Verb,
        host: &Host,
    ) -> Option<Refusal> {
        let against = match verb {
            Verb::Start
            | Verb::HoldOn { .. }
            | Verb::Wake
            | Verb::Create { .. }
            | Verb::Place(_) => HoldKind::Off,
            Verb::Stop { .. } | Verb::Restart | Verb::HoldOff { .. } | Verb::Destroy => {
                HoldKind::On
            }
            _ => return None,
        };
        let holds = match self.store.holds().await {
            Ok(holds) => holds,
            Err(error) => {
                let message = format!("whether it is held cannot be read: {error}");
                return Some(Refusal::of(message));
            }
        };
        let hold = holds.iter().find(|hold| {
            hold.kind == against
                && !hold.releasing
                && hold.script != *run.script
                && hold.hosts.iter().any(|name| **name == *host.name)
        })?;
        let kind = match hold.kind {
            HoldKind::Off => "off",
            HoldKind::On => "on",
        };
        let name = short(hold);
        let since = hold.since.with_timezone(&self.timezone).format("%Y-%m-%d %H:%M");
        let script = &hold.script;
        Some(Refusal {
            message: format!("held {kind} by {script} (\"{name}\") since {since}"),
            held_by: Some(script.clone()),
        })
    }

    async fn find(&self, run: &Run, name: &str) -> Option<Hold> {
        self.store.hold(&key(run, name)).await.ok().flatten()
    }
}

/// Scripts name their holds without knowing of each other.
fn key(run: &Run, name: &str) -> String {
    format!("{}/{name}", run.script)
}

/// As its script calls it.
pub(super) fn short(hold: &Hold) -> &str {
    hold.name
        .strip_prefix(&*hold.script)
        .and_then(|name| name.strip_prefix('/'))
        .unwrap_or(&hold.name)
}

/// What undoes a hold.
pub(super) fn back(kind: HoldKind) -> Verb {
    match kind {
        HoldKind::Off => Verb::Start,
        HoldKind::On => Verb::Stop { with_guests: false },
    }
}

/// Whether a verb was not applied, and will be when it can be.
fn has_to_wait(row: &Row) -> bool {
    !row.ok && (row.data.contains_key(HELD_BY) || row.data.contains_key(GUARDED))
}

fn trouble(message: String) -> Row {
    Row { verb: "hold".into(), error: Some(message), ..Row::default() }
}
