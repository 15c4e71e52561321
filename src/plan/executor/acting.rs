//! Acting steps: one verb on some hosts, wave after wave, side by side within a wave.

use std::sync::Arc;

use futures::stream::{self, StreamExt};

use super::{Executor, Run, holds::Refusal, rows::Rows};
use crate::{
    host::{Host, HostKind},
    journal::Event,
    plan::{
        Act, Done, Failure, HostAct, Origin, Power, Row, Verb,
        order::{self, Waves},
    },
};

impl Executor {
    pub(super) async fn act(&self, run: &Run, act: &Act, rows: &mut Rows) {
        match &act.verb {
            Verb::HoldOff { hold } | Verb::HoldOn { hold } => {
                self.hold(run, hold, act, rows).await;
            }
            Verb::Release { hold } => self.release(run, hold, rows).await,
            verb => {
                let hosts = rows.targets(act.hosts.as_deref());
                if hosts.is_empty() && act.hosts.is_none() && !rows.any_failed() {
                    rows.note(Row {
                        verb: verb.name().into(),
                        error: Some(format!(
                            "`{}` has no hosts: name them, or put it behind a step that has some",
                            verb.name()
                        )),
                        ..Row::default()
                    });
                    return;
                }
                match verb {
                    Verb::Place(placing) => self.place(run, placing, &hosts, rows).await,
                    verb => self.on_hosts(run, verb, &hosts, rows).await,
                }
                if let Some(named) = &act.hosts {
                    rows.turn_to(named);
                }
            }
        }
    }

    /// Applies a verb to hosts in the order of dependence.
    pub(super) async fn on_hosts(&self, run: &Run, verb: &Verb, hosts: &[String], rows: &mut Rows) {
        // A timer or a hold may remember a host that the site file has lost since.
        for name in hosts.iter().filter(|name| self.hosts.get(name).is_none()) {
            rows.merge(Row {
                host: Some(name.clone()),
                verb: verb.name().into(),
                error: Some("the site file has no such host any more".into()),
                ..Row::default()
            });
        }
        let waves = match verb {
            Verb::Start => order::to_start(&self.hosts, &self.with_ground(hosts)),
            Verb::Stop { with_guests: true } => {
                order::to_stop(&self.hosts, &self.with_guests(hosts))
            }
            Verb::Stop { .. } | Verb::Destroy => order::to_stop(&self.hosts, hosts),
            // A command or an update has no order of its own: the script's order is kept.
            _ => vec![hosts.iter().filter_map(|name| self.hosts.get(name).cloned()).collect()],
        };
        self.in_waves(run, verb, hosts, waves, rows).await;
    }

    async fn in_waves(
        &self,
        run: &Run,
        verb: &Verb,
        asked: &[String],
        waves: Waves,
        rows: &mut Rows,
    ) {
        for wave in waves {
            let failed: Vec<String> =
                rows.report().failed().filter_map(|row| row.host.clone()).collect();
            let results: Vec<Row> = stream::iter(wave)
                .map(|host| self.on_one(run, verb, host, asked, &failed))
                .buffered(self.parallel_hosts.max(1))
                .collect()
                .await;
            for row in results {
                let was_asked = row.host.as_ref().is_some_and(|host| asked.contains(host));
                // A hypervisor that was up already is nobody's business.
                if was_asked || row.changed || !row.ok {
                    rows.merge(row);
                }
            }
        }
    }

    async fn on_one(
        &self,
        run: &Run,
        verb: &Verb,
        host: Arc<Host>,
        asked: &[String],
        failed: &[String],
    ) -> Row {
        let began = self.clock.monotonic();
        let mut row = {
            let _turn = self.locks.lock(&host.name).await;
            match self.refusal(run, verb, &host, asked, failed).await {
                Some(refusal) => refusal.into_row(),
                None => came_to(verb, &host, self.apply(verb, &host).await),
            }
        };
        row.host = Some(host.name.to_string());
        row.verb = verb.name().into();
        row.seconds = (self.clock.monotonic() - began).as_secs_f64();
        self.note(run, Event::Did { row: row.clone() });
        row
    }

    async fn apply(&self, verb: &Verb, host: &Host) -> Result<Done, Failure> {
        match verb {
            Verb::Start | Verb::HoldOn { .. } => self.start(host).await,
            Verb::Stop { .. } | Verb::HoldOff { .. } => self.stop(host).await,
            Verb::Restart => self.restart(host).await,
            Verb::Create { template } => self.create(host, template).await,
            Verb::Destroy => self.destroy(host).await,
            Verb::Wake => self.do_to(host, &HostAct::Wake).await,
            Verb::Update => self.act_patiently(host, &HostAct::Update).await,
            Verb::Shell { command } => {
                let act = HostAct::Shell { command: command.clone() };
                self.act_patiently(host, &act).await
            }
            Verb::Upload { from, to } => {
                let act = HostAct::Upload { from: from.clone(), to: to.clone() };
                self.act_patiently(host, &act).await
            }
            Verb::Release { .. } => unreachable!("release is carried out host by host, as a start"),
            Verb::Place(_) => unreachable!("a batch is placed as a whole"),
        }
    }

    /// Why this verb must not be applied to this host now.
    pub(super) async fn refusal(
        &self,
        run: &Run,
        verb: &Verb,
        host: &Host,
        asked: &[String],
        failed: &[String],
    ) -> Option<Refusal> {
        let refuse = |message: String| Some(Refusal::of(message));
        let key = match run.by {
            Origin::Voice if !host.voice => Some("voice"),
            Origin::Mqtt if !host.mqtt => Some("mqtt"),
            _ => None,
        };
        if let Some(key) = key.filter(|_| needs_opening(verb, host)) {
            return refuse(format!(
                "not by {key}: `{}` of {} needs `{key} = true` in its [hosts.{}]",
                verb.name(),
                host.name,
                host.name
            ));
        }
        if let Some(held) = self.held_against(run, verb, host).await {
            return Some(held);
        }
        let (Verb::Stop { .. } | Verb::HoldOff { .. }) = verb else {
            let ground = host.on.as_ref().filter(|on| failed.iter().any(|name| **name == ***on));
            return match (verb, ground) {
                (Verb::Start, Some(on)) => {
                    refuse(format!("not started: {on}, on which it runs, did not start"))
                }
                _ => None,
            };
        };
        for guest in self.hosts.guests_of(&host.name) {
            if failed.iter().any(|name| **name == *guest.name) {
                return refuse(format!("not stopped: its guest {} did not stop", guest.name));
            }
            let outside = !asked.iter().any(|name| **name == *guest.name);
            let with_guests = matches!(verb, Verb::Stop { with_guests: true });
            if outside && !with_guests && self.world.probe(guest).await == Ok(Power::Up) {
                return refuse(format!(
                    "not stopped: its guest {} is up and was not named; name it too, or use `.with_guests()`",
                    guest.name
                ));
            }
        }
        None
    }

    /// The hosts and everything that they run on.
    fn with_ground(&self, hosts: &[String]) -> Vec<String> {
        let mut all = hosts.to_vec();
        let mut next = 0;
        while let Some(name) = all.get(next) {
            let on =
                self.hosts.get(name).and_then(|host| host.on.as_ref()).map(|on| on.to_string());
            all.extend(on.filter(|on| !all.contains(on)));
            next += 1;
        }
        all
    }

    /// The hosts and everything that runs on them.
    fn with_guests(&self, hosts: &[String]) -> Vec<String> {
        let mut all = hosts.to_vec();
        let mut next = 0;
        while let Some(name) = all.get(next).cloned() {
            for guest in self.hosts.guests_of(&name) {
                if !all.iter().any(|name| **name == *guest.name) {
                    all.push(guest.name.to_string());
                }
            }
            next += 1;
        }
        all
    }
}

/// What anyone in the house could say by mistake, and nobody could take back by saying the opposite:
/// every update, machines made and deleted, and whatever takes a machine of its own down.
fn needs_opening(verb: &Verb, host: &Host) -> bool {
    match verb {
        Verb::Update | Verb::Create { .. } | Verb::Destroy | Verb::Place(_) => true,
        Verb::Stop { .. } | Verb::HoldOff { .. } | Verb::Restart => {
            matches!(host.kind, HostKind::Physical | HostKind::ThisBoard)
        }
        _ => false,
    }
}

fn came_to(verb: &Verb, host: &Host, result: Result<Done, Failure>) -> Row {
    match result {
        Ok(done) => Row {
            ok: true,
            changed: done.changed,
            output: done.output,
            code: matches!(verb, Verb::Shell { .. }).then_some(0),
            ..Row::default()
        },
        Err(failure) => Row {
            code: failure.code(),
            error: Some(without_name(failure.message, &host.name)),
            output: failure.output,
            ..Row::default()
        },
    }
}

/// A row names its host; its message need not name it again.
fn without_name(message: String, host: &str) -> String {
    let rest = message.strip_prefix(host).and_then(|rest| rest.strip_prefix(": "));
    rest.map(str::to_owned).unwrap_or(message)
}
