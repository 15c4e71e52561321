//! Arbitration: what one script holds off, no other script starts.

use super::{Executor, Run, rows::Rows};
use crate::{
    host::Host,
    plan::{Act, Power, Row, Verb},
    store::{Hold, HoldKind},
};

/// Where a row names the script that holds its host.
pub(super) const HELD_BY: &str = "held_by";

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
        });
        hold.kind = kind;
        // Written down before anything is switched: an agent killed in the middle must still know
        // what a release has to undo.
        let wanted = if kind == HoldKind::On { Power::Up } else { Power::Down };
        for name in &hosts {
            let Some(host) = self.hosts.get(name) else { continue };
            let will_change = self.world.probe(host).await != Ok(wanted);
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
        self.on_hosts(run, &act.verb, &hosts, rows).await;
        if let Some(named) = &act.hosts {
            rows.turn_to(named);
        }
    }

    /// Undoes what the hold did. It is given up only afterwards, so that a killed agent goes on
    /// with it.
    pub(super) async fn release(&self, run: &Run, name: &str, rows: &mut Rows) {
        let Some(hold) = self.find(run, name).await else {
            return;
        };
        let back = match hold.kind {
            HoldKind::Off => Verb::Start,
            HoldKind::On => Verb::Stop { with_guests: false },
        };
        self.on_hosts(run, &back, &hold.changed, rows).await;
        if let Err(error) = self.store.remove_hold(&hold.name).await {
            rows.note(trouble(format!("the hold \"{name}\" could not be removed: {error}")));
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
                && hold.script != *run.script
                && hold.hosts.iter().any(|name| **name == *host.name)
        })?;
        let kind = match hold.kind {
            HoldKind::Off => "off",
            HoldKind::On => "on",
        };
        let name = hold.name.rsplit('/').next().unwrap_or_default();
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

fn trouble(message: String) -> Row {
    Row { verb: "hold".into(), error: Some(message), ..Row::default() }
}
