//! Acting steps: one verb on some hosts, wave after wave, side by side within a wave.

use std::sync::Arc;

use futures::stream::{self, StreamExt};

use super::{
    Executor, Run,
    holds::{GUARDED, Refusal},
    rows::Rows,
};
use crate::{
    host::{Host, HostKind},
    journal::Event,
    plan::{
        Act, Done, Failure, FailureKind, HostAct, Origin, Power, Row, Verb,
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
            Verb::OpenPorts { network: Some(network) } => {
                self.scan_network(run, act, network, rows).await;
            }
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
        let _intent = verb.switches().then(|| self.locks.intend(hosts));
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
            Verb::Start | Verb::HoldOn { .. } => {
                order::to_start(&self.hosts, &order::with_ground(&self.hosts, hosts))
            }
            Verb::Stop { with_guests: true } => {
                order::to_stop(&self.hosts, &order::with_guests(&self.hosts, hosts))
            }
            Verb::Stop { .. } | Verb::HoldOff { .. } | Verb::Destroy => {
                order::to_stop(&self.hosts, hosts)
            }
            Verb::Restart => return self.restart_in_order(run, hosts, rows).await,
            // A command or an update has no order of its own: the script's order is kept.
            _ => vec![hosts.iter().filter_map(|name| self.hosts.get(name).cloned()).collect()],
        };
        self.in_waves(run, verb, hosts, waves, rows).await;
    }

    /// Guests are stopped, what they run on is restarted, and they are started again; this board
    /// goes last of all.
    async fn restart_in_order(&self, run: &Run, hosts: &[String], rows: &mut Rows) {
        let guests: Vec<String> = hosts
            .iter()
            .filter(|name| {
                let below = order::with_ground(&self.hosts, std::slice::from_ref(*name));
                below[1..].iter().any(|ground| hosts.contains(ground))
            })
            .cloned()
            .collect();
        let stop = Verb::Stop { with_guests: false };
        let waves = order::to_stop(&self.hosts, &guests);
        self.in_waves(run, &stop, hosts, waves, rows).await;
        let rest: Vec<String> =
            hosts.iter().filter(|name| !guests.contains(*name)).cloned().collect();
        let rest = rest.iter().filter_map(|name| self.hosts.get(name).cloned());
        let (this_board, others): (Vec<_>, Vec<_>) =
            rest.partition(|host| host.kind == HostKind::ThisBoard);
        self.in_waves(run, &Verb::Restart, hosts, vec![others], rows).await;
        let stopped: Vec<String> =
            guests.into_iter().filter(|name| !rows.has_failed(name)).collect();
        let waves = order::to_start(&self.hosts, &stopped);
        self.in_waves(run, &Verb::Start, hosts, waves, rows).await;
        self.in_waves(run, &Verb::Restart, hosts, vec![this_board], rows).await;
    }

    pub(super) async fn in_waves(
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
            // What it runs on is not switched meanwhile, so that what is seen of that stays true.
            let ground = host.on.as_ref().filter(|_| verb.switches());
            let _ground = match ground {
                Some(on) => Some(self.locks.keep(on).await),
                None => None,
            };
            let _turn = self.locks.lock(&host.name).await;
            match self.refusal(run, verb, &host, asked, failed).await {
                Some(refusal) => refusal.into_row(),
                None if matches!(verb, Verb::OpenPorts { .. }) => match self.scan_host(&host).await
                {
                    Ok(row) => row,
                    Err(failure) => came_to(verb, &host, Err(failure)),
                },
                None => came_to(verb, &host, self.apply(run, verb, &host).await),
            }
        };
        if row.ok && verb.switches() {
            self.overrule_holds(run, verb, &host).await;
        }
        row.host = Some(host.name.to_string());
        row.verb = verb.name().into();
        row.seconds = (self.clock.monotonic() - began).as_secs_f64();
        self.note(run, Event::Did { row: row.clone() });
        row
    }

    async fn apply(&self, run: &Run, verb: &Verb, host: &Host) -> Result<Done, Failure> {
        match verb {
            Verb::Start | Verb::HoldOn { .. } => self.start(run, host).await,
            Verb::Stop { .. } | Verb::HoldOff { .. } => self.stop(run, host).await,
            Verb::Restart => self.restart(run, host).await,
            Verb::Create { template } => self.create(run, host, template).await,
            Verb::Destroy => self.destroy(run, host).await,
            Verb::Wake => self.wake(run, host).await,
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
            Verb::OpenPorts { .. } => unreachable!("a scan makes a row of its own"),
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
        match verb {
            Verb::Start | Verb::HoldOn { .. } => self.groundless(host, failed).await,
            Verb::Stop { .. } | Verb::HoldOff { .. } => {
                let with_guests = matches!(verb, Verb::Stop { with_guests: true });
                self.under_guests(host, asked, failed, with_guests, "stopped").await
            }
            Verb::Restart => self.under_guests(host, asked, failed, false, "restarted").await,
            _ => None,
        }
        .map(Refusal::of)
    }

    /// Why a host cannot be started: what it runs on was to be started too, and is not up.
    async fn groundless(&self, host: &Host, failed: &[String]) -> Option<String> {
        let on = host.on.as_ref().filter(|on| failed.iter().any(|name| **name == ***on))?;
        let ground = self.hosts.get(on)?;
        let is_up = self.probe(ground).await == Ok(Power::Up);
        (!is_up).then(|| format!("not started: {on}, on which it runs, did not start"))
    }

    /// Why a host must not go away now: somebody still runs on it.
    async fn under_guests(
        &self,
        host: &Host,
        asked: &[String],
        failed: &[String],
        with_guests: bool,
        done: &str,
    ) -> Option<String> {
        let help = match done {
            "stopped" => "name it too, or use `.with_guests()`",
            _ => "name it too",
        };
        for guest in self.hosts.guests_of(&host.name) {
            let name = &guest.name;
            if guest.kind == HostKind::ThisBoard {
                return Some(format!("not {done}: this very board ({name}) runs on it"));
            }
            if failed.iter().any(|failed| **failed == **name) {
                return Some(format!("not {done}: its guest {name} did not stop"));
            }
            let outside = !asked.iter().any(|asked| **asked == **name);
            if !outside || with_guests {
                continue;
            }
            match self.probe(guest).await {
                Ok(Power::Down) => {}
                Ok(Power::Up) => {
                    return Some(format!(
                        "not {done}: its guest {name} is up and was not named; {help}"
                    ));
                }
                // It has no address, or no way to it is written down: nobody ever knew.
                Err(failure) if failure.kind == FailureKind::NotConfigured => {}
                Err(failure) => {
                    return Some(format!(
                        "not {done}: whether its guest {name} is up cannot be known ({failure}); {help}"
                    ));
                }
            }
        }
        None
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
            data: match failure.kind {
                FailureKind::Guarded => [(GUARDED.to_owned(), true.into())].into_iter().collect(),
                _ => Default::default(),
            },
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
