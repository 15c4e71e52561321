//! `place`: where machines are to be, and whether they go there now.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::join_all;
use serde_json::json;
use tokio::sync::OwnedRwLockWriteGuard;

use super::{Executor, Run, moving::Moved, rows::Rows};
use crate::{
    clock::format_duration,
    host::{Host, Whereabouts},
    journal::Event,
    plan::{Failure, FailureKind, Placing, Power, Row, Verb},
    store::{Move, MoveStep, Placement},
};

/// What is to be done about a batch.
enum Decision {
    /// Everything is there.
    There,
    /// It stays where it is, and why.
    Stays {
        at: String,
        why: String,
    },
    Moves(Box<Move>),
}

impl Executor {
    /// All hosts or none: they belong together.
    pub(super) async fn place(
        &self,
        run: &Run,
        placing: &Placing,
        names: &[String],
        rows: &mut Rows,
    ) {
        let began = self.clock.monotonic();
        let mut results = self.placed(run, placing, names).await;
        let seconds = (self.clock.monotonic() - began).as_secs_f64();
        for row in &mut results {
            row.verb = "place".into();
            row.seconds = seconds;
            self.note(run, Event::Did { row: row.clone() });
        }
        results.into_iter().for_each(|row| rows.merge(row));
    }

    async fn placed(&self, run: &Run, placing: &Placing, names: &[String]) -> Vec<Row> {
        let known: Vec<Option<Arc<Host>>> =
            names.iter().map(|name| self.hosts.get(name).cloned()).collect();
        let gone = |name: &String| (name.clone(), "the site file has no such host any more".into());
        let missing: BTreeMap<String, String> = names
            .iter()
            .zip(&known)
            .filter(|(_, host)| host.is_none())
            .map(|(name, _)| gone(name))
            .collect();
        if !missing.is_empty() {
            return failures(names, &missing);
        }
        let hosts: Vec<Arc<Host>> = known.into_iter().flatten().collect();
        let _turns = self.turns(names).await;
        let verb = Verb::Place(placing.clone());
        let mut refused = Vec::new();
        for host in &hosts {
            if let Some(refusal) = self.refusal(run, &verb, host, names, &[]).await {
                refused.push((host.name.to_string(), refusal.into_row()));
            }
        }
        if !refused.is_empty() {
            let why: BTreeMap<String, String> = refused
                .iter()
                .map(|(name, row)| (name.clone(), row.error.clone().unwrap_or_default()))
                .collect();
            let mut rows = failures(names, &why);
            for (name, refusal) in refused {
                let row = rows.iter_mut().find(|row| row.host.as_ref() == Some(&name));
                if let Some(row) = row {
                    row.data = refusal.data;
                }
            }
            return rows;
        }
        // What an earlier life left half done ends first.
        if let Err(why) = self.finish_moves_among(names).await {
            return failures(names, &everyone(names, &why));
        }
        match self.decide(run, placing, &hosts).await {
            Err(why) => failures(names, &why),
            Ok(Decision::There) => self.wake_up(run, &hosts, &placing.template).await,
            Ok(Decision::Stays { at, why }) => {
                let data = json!({ "at": at, "stays": why });
                names.iter().map(|name| ok_row(name, false, &data)).collect()
            }
            Ok(Decision::Moves(it)) => match self.carry_out(*it).await {
                Ok(Moved::There) => {
                    let data = json!({ "at": placing.template });
                    names.iter().map(|name| ok_row(name, true, &data)).collect()
                }
                Ok(Moved::Kept(why)) => failures(names, &why),
                Err(why) => failures(names, &everyone(names, &why)),
            },
        }
    }

    /// The hosts' turns, taken in one order by everybody.
    pub(super) async fn turns(&self, names: &[String]) -> Vec<OwnedRwLockWriteGuard<()>> {
        let mut names = names.to_vec();
        names.sort();
        names.dedup();
        let mut turns = Vec::with_capacity(names.len());
        for name in &names {
            turns.push(self.locks.lock(name).await);
        }
        turns
    }

    async fn decide(
        &self,
        run: &Run,
        placing: &Placing,
        hosts: &[Arc<Host>],
    ) -> Result<Decision, BTreeMap<String, String>> {
        let names: Vec<String> = hosts.iter().map(|host| host.name.to_string()).collect();
        let all = |why: String| everyone(&names, &why);
        let records = self
            .store
            .placements()
            .await
            .map_err(|error| all(format!("where it is cannot be read: {error}")))?;
        let looked = join_all(hosts.iter().map(|host| self.world.whereabouts(host))).await;
        let (mut places, mut trouble) = (Vec::new(), BTreeMap::new());
        for (host, found) in hosts.iter().zip(looked) {
            match found.and_then(|found| certain(found, host, records.get(&*host.name), placing)) {
                Ok(found) => places.push(found),
                Err(failure) => {
                    trouble.insert(host.name.to_string(), failure.message);
                }
            }
        }
        if !trouble.is_empty() {
            return Err(trouble);
        }
        let to = &placing.template;
        let is_there = |place: &Whereabouts| place.known.iter().any(|(at, done)| at == to && *done);
        let others = |place: &Whereabouts| -> Vec<String> {
            let others = place.known.iter().filter(|(at, _)| at != to);
            others.map(|(at, _)| at.clone()).collect()
        };
        if places.iter().all(|place| is_there(place) && others(place).is_empty()) {
            return Ok(Decision::There);
        }
        let not_yet = places.iter().any(|place| !is_there(place));
        let current: Vec<&str> = places
            .iter()
            .filter(|place| !is_there(place))
            .flat_map(|place| &place.known)
            .filter(|(at, done)| at != to && *done)
            .map(|(at, _)| at.as_str())
            .collect();
        if let (true, Some(at)) = (not_yet, current.first())
            && let Some(why) = self.holds_back(placing, &current, &names, &records).map_err(all)?
        {
            return Ok(Decision::Stays { at: (*at).to_owned(), why });
        }
        let mut refused = BTreeMap::new();
        for (host, place) in hosts.iter().zip(&places) {
            if !others(place).is_empty() && !host.allow_destroy {
                let name = &host.name;
                let why = format!(
                    "moving destroys what is left behind: it needs `allow_destroy = true` in its \
                     [hosts.{name}]"
                );
                refused.insert(name.to_string(), why);
            }
        }
        if !refused.is_empty() {
            return Err(refused);
        }
        let now = self.clock.now();
        let from = hosts.iter().zip(&places);
        let from = from.map(|(host, place)| (host.name.to_string(), others(place))).collect();
        let made = hosts.iter().zip(&places).filter(|(_, place)| !is_there(place));
        Ok(Decision::Moves(Box::new(Move {
            id: format!("{}-{}", now.timestamp_millis(), run.id),
            origin: run.origin(),
            hosts: names.clone(),
            to: to.clone(),
            from,
            made: made.map(|(host, _)| host.name.to_string()).collect(),
            stop_first: placing.stop_first,
            step: if placing.stop_first { MoveStep::Emptying } else { MoveStep::Making },
            attempt: 0,
            began: now,
        })))
    }

    /// Why machines that could move stay.
    fn holds_back(
        &self,
        placing: &Placing,
        current: &[&str],
        names: &[String],
        records: &BTreeMap<String, Placement>,
    ) -> Result<Option<String>, String> {
        if let Some(dwell) = placing.dwell {
            let last = names.iter().filter_map(|name| records.get(name)).map(|it| it.since).max();
            let since = last.map(|last| self.clock.now() - last);
            if let Some(here) = since.and_then(|since| since.to_std().ok()).filter(|it| *it < dwell)
            {
                let (here, dwell) = (format_duration(here), format_duration(dwell));
                return Ok(Some(format!("here for {here}, and it stays at least {dwell}")));
            }
        }
        let Some(margin) = placing.margin else { return Ok(None) };
        let price = |template: &str| {
            let cost = self.hosts.template_cost(template).ok_or_else(|| {
                format!("`.margin` needs `cost = \"…\"` in [templates.{template}]")
            })?;
            self.costs.read(cost).map(|price| price.value).map_err(|error| error.to_string())
        };
        let there = price(&placing.template)?;
        let mut here = 0.0;
        for template in current {
            here += price(template)? / current.len() as f64;
        }
        if there <= here * (1.0 - margin) {
            return Ok(None);
        }
        Ok(Some(format!(
            "{there:.5} there is not {:.0} % less than {here:.5} here",
            margin * 100.0
        )))
    }

    /// Everything is there; what is off is started.
    async fn wake_up(&self, run: &Run, hosts: &[Arc<Host>], template: &str) -> Vec<Row> {
        let data = json!({ "at": template });
        let started = hosts.iter().map(|host| async {
            if self.probe(host).await != Ok(Power::Down) {
                return ok_row(&host.name, false, &data);
            }
            match self.start(run, host).await {
                Ok(done) => ok_row(&host.name, done.changed, &data),
                Err(failure) => failed_row(&host.name, failure),
            }
        });
        let rows = join_all(started).await;
        let now = self.clock.now();
        let names: Vec<String> = hosts.iter().map(|host| host.name.to_string()).collect();
        // Known from now on, so that it dwells; what was known before stays so.
        if let Ok(records) = self.store.placements().await {
            let new: Vec<String> = names
                .into_iter()
                .filter(|name| records.get(name).is_none_or(|it| it.template != template))
                .collect();
            let at = Placement { template: template.to_owned(), since: now };
            if !new.is_empty()
                && let Err(error) = self.store.end_move("", Some((&new, &at))).await
            {
                tracing::error!("where machines are cannot be kept: {error}");
            }
        }
        rows
    }
}

/// Places that cannot be asked matter only where the host may be.
fn certain(
    found: Whereabouts,
    host: &Host,
    record: Option<&Placement>,
    placing: &Placing,
) -> Result<Whereabouts, Failure> {
    let matters = |template: &str| {
        let is_elsewhere = record.is_some_and(|record| {
            record.template != template
                && found.known.iter().any(|(at, done)| *at == record.template && *done)
        });
        template == placing.template || !is_elsewhere
    };
    match found.unknown.iter().find(|(template, _)| matters(template)) {
        Some((_, why)) => {
            let why = why.strip_prefix(&format!("{}: ", host.name)).unwrap_or(why);
            let message = format!("not moved: whether it is there cannot be known: {why}");
            Err(Failure::new(FailureKind::Unreachable, message))
        }
        None => Ok(found),
    }
}

pub(super) fn everyone(names: &[String], why: &str) -> BTreeMap<String, String> {
    names.iter().map(|name| (name.clone(), why.to_owned())).collect()
}

fn ok_row(host: &str, changed: bool, data: &serde_json::Value) -> Row {
    let data = data.as_object().cloned().unwrap_or_default();
    Row { host: Some(host.to_owned()), ok: true, changed, data, ..Row::default() }
}

fn failed_row(host: &str, failure: Failure) -> Row {
    let message = failure.message.strip_prefix(&format!("{host}: ")).map(str::to_owned);
    Row {
        host: Some(host.to_owned()),
        code: failure.code(),
        error: Some(message.unwrap_or(failure.message)),
        output: failure.output,
        ..Row::default()
    }
}

/// Those that failed, with the reason, and those that stay with them.
fn failures(names: &[String], why: &BTreeMap<String, String>) -> Vec<Row> {
    let failed: Vec<&str> = why.keys().map(String::as_str).collect();
    let row = |name: &String| {
        let with = || format!("not moved: it goes together with {}", failed.join(", "));
        let error = Some(why.get(name).cloned().unwrap_or_else(with));
        Row { host: Some(name.clone()), error, ..Row::default() }
    };
    names.iter().map(row).collect()
}
