//! `record` and `new_since`: what is known already, and what differs from it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Executor, Run,
    rows::Rows,
    scanning::{ADDRESS, PORTS, SCANNER, in_words},
};
use crate::{
    host::scan::{Port, PortSet, PortState, Scanned, Targets},
    journal::Event,
    plan::Row,
    store::StoreError,
};

/// Marks a row of which only the news is left.
const NEW_SINCE: &str = "new_since";
/// Until the second look at ports that seem to have changed.
const SECOND_LOOK: Duration = Duration::from_secs(10);

/// What is kept of the rows, by host.
type Baseline = BTreeMap<String, Known>;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Known {
    /// Where a scan made the row.
    #[serde(default)]
    ports: Option<Vec<Port>>,
    #[serde(default)]
    output: String,
}

/// A port that is not as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Changed {
    #[serde(flatten)]
    port: Port,
    was: PortState,
}

impl Known {
    fn of(row: &Row) -> Self {
        Known { ports: ports(row), output: row.output.clone() }
    }

    /// Takes in what `new_since` has left of a row.
    fn learn(&mut self, news: Vec<Port>) {
        let ports = self.ports.get_or_insert_default();
        ports.retain(|port| !news.iter().any(|new| is_same(new, port)));
        ports.extend(news.into_iter().filter(|port| port.state != PortState::Closed));
        ports.sort_by_key(|port| port.port);
        self.output = in_words(ports);
    }
}

fn ports(row: &Row) -> Option<Vec<Port>> {
    serde_json::from_value(row.data.get(PORTS)?.clone()).ok()
}

fn is_same(a: &Port, b: &Port) -> bool {
    a.port == b.port && a.protocol == b.protocol
}

/// The ports that differ; what is not listed is closed, or hidden among many that say nothing.
fn changes(before: &[Port], now: &[Port]) -> Vec<Changed> {
    let state_in = |ports: &[Port], port: &Port| {
        ports.iter().find(|each| is_same(each, port)).map_or(PortState::Closed, |port| port.state)
    };
    let is_open = |state| state == PortState::Open;
    let gone = before.iter().filter(|port| !now.iter().any(|each| is_same(each, port)));
    let gone = gone.map(|port| Port { state: PortState::Closed, ..port.clone() });
    let mut changed: Vec<Changed> = now
        .iter()
        .cloned()
        .chain(gone)
        .map(|port| Changed { was: state_in(before, &port), port })
        // Whether a firewall drops or refuses is nobody's news.
        .filter(|changed| is_open(changed.was) != is_open(changed.port.state))
        .collect();
    changed.sort_by_key(|changed| changed.port.port);
    changed
}

impl Executor {
    /// Keeps what the rows say as what is known.
    pub(super) async fn record(
        &self,
        run: &Run,
        name: &str,
        rows: &Rows,
    ) -> Result<(), StoreError> {
        let mut known = self.baseline(run, name).await?.unwrap_or_default();
        for row in rows.succeeded() {
            let Some(host) = &row.host else { continue };
            match (row.data.contains_key(NEW_SINCE), ports(row)) {
                (true, Some(news)) => known.entry(host.clone()).or_default().learn(news),
                _ => drop(known.insert(host.clone(), Known::of(row))),
            }
        }
        self.store.remember("", &key(run, name), &json!(known)).await
    }

    /// Leaves what differs from what was recorded under this name; the first time there is nothing
    /// to compare with, and all of it is kept as known. Returns false when nothing is left and the
    /// pipe is to end quietly.
    pub(super) async fn new_since(&self, run: &Run, name: &str, rows: &mut Rows) -> bool {
        let known = match self.baseline(run, name).await {
            Ok(Some(known)) => known,
            Ok(None) => {
                if let Err(error) = self.record(run, name, rows).await {
                    rows.note(trouble(format!("what was seen could not be recorded: {error}")));
                }
                let text = format!("\"{name}\" has nothing to compare with yet; this is recorded");
                self.note(run, Event::Note { text });
                return rows.leave(Vec::new());
            }
            Err(error) => {
                rows.note(trouble(format!("what was recorded cannot be read: {error}")));
                return rows.leave(Vec::new());
            }
        };
        let seen: Vec<Row> = rows.succeeded().cloned().collect();
        let mut left: Vec<Row> =
            seen.into_iter().filter_map(|row| news(&known, row, name)).collect();
        if left.iter().any(|row| row.data.contains_key(PORTS)) {
            self.clock.sleep(SECOND_LOOK).await;
            let mut confirmed = Vec::with_capacity(left.len());
            for row in left {
                confirmed.extend(self.confirmed(run, row).await);
            }
            left = confirmed;
        }
        rows.leave(left)
    }

    /// The row with those of its changed ports that a second look finds changed, too.
    async fn confirmed(&self, run: &Run, mut row: Row) -> Option<Row> {
        let Some(changed) = ports(&row) else { return Some(row) };
        let name = row.host.clone()?;
        let again = match self.look_again(&name, &row, &changed).await {
            Ok(again) => again,
            Err(why) => {
                let text = format!("the second look at {name} failed: {why}; the first one counts");
                self.note(run, Event::Note { text });
                return Some(row);
            }
        };
        let is_so = |port: &Port| {
            let now = again.iter().find(|each| is_same(each, port));
            let now = now.map_or(PortState::Closed, |port| port.state);
            (now == PortState::Open) == (port.state == PortState::Open)
        };
        let entries = row.data.get_mut(PORTS)?.as_array_mut()?;
        let mut places = changed.iter().map(is_so);
        entries.retain(|_| places.next().unwrap_or(true));
        let kept: Vec<Port> = changed.into_iter().filter(is_so).collect();
        if kept.is_empty() {
            let text = format!("a second look at {name} finds it as it was");
            self.note(run, Event::Note { text });
            return None;
        }
        row.output = in_words(&kept);
        Some(row)
    }

    async fn look_again(
        &self,
        name: &str,
        row: &Row,
        changed: &[Port],
    ) -> Result<Vec<Port>, String> {
        let wanted = PortSet::of(changed.iter().map(|port| port.port));
        let text = |key: &str| row.data.get(key).and_then(|value| value.as_str());
        let gone = "the site file has no such host any more".to_owned();
        let pace = self.scans.pace;
        let Some(scanner) = text(SCANNER) else {
            let host = self.hosts.get(name).ok_or(gone)?;
            let again = self.world.scan(host, &wanted, pace).await;
            return again.map(|found| found.ports).map_err(|failure| failure.message);
        };
        let scanner = self.hosts.get(scanner).ok_or(gone)?;
        let address = text(ADDRESS).unwrap_or_default();
        let targets = Targets::of_addresses([address], wanted);
        let again = self.world.scan_around(scanner, &targets, pace).await;
        let again = again.map_err(|failure| failure.message)?;
        let same = again.into_iter().find(|found: &Scanned| found.address == address);
        // It went away in between: nothing is open there.
        Ok(same.map(|found| found.ports).unwrap_or_default())
    }

    async fn baseline(&self, run: &Run, name: &str) -> Result<Option<Baseline>, StoreError> {
        let known = self.store.recall("", &key(run, name)).await?;
        Ok(known.and_then(|known| serde_json::from_value(known).ok()))
    }
}

/// What of the row is new; `None` when nothing is.
fn news(known: &Baseline, mut row: Row, name: &str) -> Option<Row> {
    let before = row.host.as_ref().and_then(|host| known.get(host));
    match ports(&row) {
        Some(now) => {
            let before = before.and_then(|known| known.ports.clone()).unwrap_or_default();
            let changed = changes(&before, &now);
            if changed.is_empty() {
                return None;
            }
            let now: Vec<Port> = changed.iter().map(|changed| changed.port.clone()).collect();
            row.output = in_words(&now);
            row.data.insert(PORTS.into(), json!(changed));
        }
        None if before.is_some_and(|before| before.output == row.output) => return None,
        None => {}
    }
    row.data.insert(NEW_SINCE.into(), name.into());
    Some(row)
}

/// In the agent's own memory, beside those of the scripts.
fn key(run: &Run, name: &str) -> String {
    format!("record/{}/{name}", run.script)
}

fn trouble(message: String) -> Row {
    Row { verb: "new_since".into(), error: Some(message), ..Row::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(ports: &[u16]) -> Vec<Port> {
        ports.iter().map(|port| Port::tcp(*port, PortState::Open)).collect()
    }

    #[test]
    fn what_opened_and_what_closed_is_new() {
        let changed = changes(&open(&[22, 80]), &open(&[22, 23]));
        let said: Vec<_> = changed.iter().map(|it| (it.port.port, it.was, it.port.state)).collect();
        assert_eq!(
            said,
            [(23, PortState::Closed, PortState::Open), (80, PortState::Open, PortState::Closed)]
        );
        let filtered = vec![Port::tcp(5, PortState::Filtered)];
        assert_eq!(changes(&filtered, &[]), []);
    }

    #[test]
    fn what_is_learnt_is_new_no_more() {
        let mut known = Known { ports: Some(open(&[22, 80])), output: String::new() };
        let now = open(&[22, 23]);
        let news = changes(known.ports.as_ref().unwrap(), &now);
        known.learn(news.into_iter().map(|changed| changed.port).collect());
        assert_eq!(changes(known.ports.as_ref().unwrap(), &now), []);
        assert_eq!(known.output, "22/tcp ssh, 23/tcp telnet");
    }
}
