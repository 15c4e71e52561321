//! `open_ports`: of hosts from here, or of a network as one of its hosts sees it.

use serde_json::json;

use super::{Executor, Run, rows::Rows};
use crate::{
    host::{
        Host,
        scan::{Port, PortState, Scanned},
    },
    journal::Event,
    plan::{Act, Failure, FailureKind, Row},
};

/// Where a row keeps the ports.
pub(super) const PORTS: &str = "ports";
/// The host that saw them, where it was not this board.
pub(super) const SCANNER: &str = "scanner";
pub(super) const ADDRESS: &str = "address";

impl Executor {
    pub(super) async fn scan_host(&self, host: &Host) -> Result<Row, Failure> {
        let settings = &self.scans;
        let found = self.world.scan(host, &settings.ports, settings.pace).await?;
        let (output, data) = (in_words(&found.ports), to_data(&found, None));
        Ok(Row { ok: true, output, data, ..Row::default() })
    }

    /// Has each of the step's hosts look at a network; the rows are those that were found there.
    pub(super) async fn scan_network(&self, run: &Run, act: &Act, network: &str, rows: &mut Rows) {
        let scanners = rows.targets(act.hosts.as_deref());
        let mut seen = Vec::new();
        for name in &scanners {
            let began = self.clock.monotonic();
            let found = self.see_network(name, network).await;
            let seconds = (self.clock.monotonic() - began).as_secs_f64();
            match found {
                Ok(hosts) => {
                    let text = format!("{name} sees {} hosts in {network}", hosts.len());
                    self.note(run, Event::Note { text });
                    seen.extend(hosts.iter().map(|found| self.row_of(found, name, seconds)));
                }
                Err(failure) => {
                    let row = Row {
                        host: Some(name.clone()),
                        verb: act.verb.name().into(),
                        code: failure.code(),
                        error: Some(failure.message),
                        output: failure.output,
                        seconds,
                        ..Row::default()
                    };
                    self.note(run, Event::Did { row: row.clone() });
                    rows.merge(row);
                }
            }
        }
        let names: Vec<String> = seen.iter().filter_map(|row| row.host.clone()).collect();
        seen.into_iter().for_each(|row| rows.merge(row));
        rows.turn_to(&names);
    }

    async fn see_network(&self, scanner: &str, network: &str) -> Result<Vec<Scanned>, Failure> {
        let missing = |what: String| Failure::new(FailureKind::NotConfigured, what);
        let host = self
            .hosts
            .get(scanner)
            .ok_or_else(|| missing("the site file has no such host any more".into()))?;
        let targets = self.scans.networks.get(network).ok_or_else(|| {
            missing(format!("the site file has no [networks.{network}] any more"))
        })?;
        let _turn = self.locks.keep(scanner).await;
        self.world.scan_around(host, targets, self.scans.pace).await
    }

    /// A host of the inventory goes by its name, any other by its address.
    fn row_of(&self, found: &Scanned, scanner: &str, seconds: f64) -> Row {
        let is_it = |host: &&std::sync::Arc<Host>| {
            host.address.as_ref() == Some(&found.address) || *host.name == *found.address
        };
        let known = self.hosts.iter().find(is_it);
        Row {
            host: Some(known.map_or_else(|| found.address.clone(), |host| host.name.to_string())),
            verb: "open_ports".into(),
            ok: true,
            output: in_words(&found.ports),
            seconds,
            data: to_data(found, Some(scanner)),
            ..Row::default()
        }
    }
}

/// What a scan found out, as a row keeps it.
fn to_data(found: &Scanned, scanner: Option<&str>) -> serde_json::Map<String, serde_json::Value> {
    let mut data = serde_json::Map::new();
    data.insert(ADDRESS.into(), found.address.clone().into());
    data.insert(PORTS.into(), json!(found.ports));
    data.insert("closed".into(), found.closed.into());
    data.insert("filtered".into(), found.filtered.into());
    let scanner = scanner.map(str::to_owned);
    for (key, value) in [("name", &found.name), ("mac", &found.mac), (SCANNER, &scanner)] {
        if let Some(value) = value {
            data.insert(key.into(), value.clone().into());
        }
    }
    data
}

/// `22/tcp ssh, 8080/tcp http-proxy`.
pub(super) fn in_words(ports: &[Port]) -> String {
    let words = ports.iter().map(|port| {
        let mut text = format!("{}/{}", port.port, port.protocol);
        if !port.service.is_empty() {
            text.push(' ');
            text.push_str(&port.service);
        }
        match port.state {
            PortState::Open => {}
            PortState::Closed => text.push_str(" (closed)"),
            PortState::Filtered => text.push_str(" (filtered)"),
        }
        text
    });
    words.collect::<Vec<_>>().join(", ")
}
