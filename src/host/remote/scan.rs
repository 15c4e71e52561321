//! Which ports are open: of a host from here, or around a host from there.

use std::{io, net::SocketAddr};

use tokio::{net::lookup_host, time::timeout};

use super::RemoteHosts;
use crate::{
    host::{
        Host, HostKind,
        outcome::{Ending, KEPT},
        scan::{self, PortSet, ScanPace, Scanned, Targets},
        ssh::Target,
    },
    plan::{Failure, FailureKind},
};

/// Most that nmap may print, in bytes: some 3000 for each host.
const PRINTED: usize = 16 << 20;

impl RemoteHosts {
    /// Connects to each port of the host, within its `command_within`.
    ///
    /// # Errors
    /// When it has no address, there is no way to it, or nothing answers on any port.
    pub async fn scan(
        &self,
        host: &Host,
        ports: &PortSet,
        pace: ScanPace,
    ) -> Result<Scanned, Failure> {
        let name = &host.name;
        let fail = |kind, why: String| Failure::new(kind, format!("{name}: {why}"));
        let address = match host.kind {
            HostKind::ThisBoard => "127.0.0.1".to_owned(),
            _ => Target::of(host, &self.inventory)?.address,
        };
        let look = async {
            let places = lookup_host((address.as_str(), 0)).await;
            let places: Vec<SocketAddr> = places
                .map_err(|error| {
                    let why = format!("the address `{address}` cannot be resolved: {error}");
                    fail(FailureKind::Unreachable, why)
                })?
                .collect();
            let place = places.first().ok_or_else(|| {
                fail(FailureKind::Unreachable, format!("`{address}` has no address"))
            })?;
            let all = scan::look(place.ip(), ports, pace, &self.pacer).await;
            let all = all.map_err(|error: io::Error| {
                fail(FailureKind::Unreachable, format!("its ports cannot be looked at: {error}"))
            })?;
            Ok(Scanned::of(place.ip().to_string(), all))
        };
        let within = host.command_within;
        let found: Scanned = timeout(within, look).await.unwrap_or_else(|_| {
            let seconds = within.as_secs();
            let why = format!(
                "looking at {} ports takes longer than {seconds} s (`command_within`)",
                ports.len()
            );
            Err(fail(FailureKind::TimedOut, why))
        })?;
        if !found.answers() && !ports.is_empty() {
            let why = format!(
                "nothing comes from any of {} ports: it is down, or a firewall drops everything",
                ports.len()
            );
            return Err(fail(FailureKind::Unreachable, why));
        }
        Ok(found)
    }

    /// Runs nmap on `scanner`, within its `command_within`.
    ///
    /// # Errors
    /// When it cannot be run there, fails, or says something else than hosts.
    pub async fn scan_around(
        &self,
        scanner: &Host,
        targets: &Targets,
        pace: ScanPace,
    ) -> Result<Vec<Scanned>, Failure> {
        let line = scan::command(targets, pace);
        let outcome =
            self.run_keeping(scanner, &line, None, PRINTED, scanner.command_within).await?;
        if outcome.ending == Ending::Exited(127) {
            let message = format!(
                "{0}: nmap is not installed there: `apt install nmap` on {0}",
                scanner.name
            );
            return Err(Failure::new(FailureKind::Exit(127), message));
        }
        let printed = outcome.into_done(&scanner.name, "nmap")?.output;
        scan::parse(&printed).map_err(|error| {
            let message = format!("{}: {error}", scanner.name);
            let end = printed.floor_char_boundary(printed.len().saturating_sub(KEPT));
            Failure { kind: FailureKind::Exit(0), message, output: printed[end..].to_owned() }
        })
    }
}
