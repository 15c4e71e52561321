//! The summary as people read it.

use chrono::{DateTime, Utc};
use comfy_table::{CellAlignment, Table, presets};
use indexmap::IndexMap;

use super::{Excess, Flap, HostSummary, Summary};
use crate::{clock::Zone, rehearse::Style};

impl Summary {
    /// Tables of watches and hosts, and what else is worth knowing, in the site's local time.
    pub fn text(&self, zone: Zone, style: Style) -> String {
        let mut text = String::new();
        let mut section = |title: &str, body: String| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&style.strong(title));
            text.push('\n');
            for line in body.lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        };
        if !self.watches.is_empty() {
            section("Watches", self.watch_table());
        }
        if self.hosts.iter().any(is_worth_telling) {
            section("Hosts", self.host_table());
        }
        section(
            "Messages",
            format!("  {} by mail, {} by notification", self.mails, self.notifications),
        );
        if let Some(total) = self.total {
            let (kwh, cost) = (total.wh / 1_000.0, total.cost);
            section("Energy", format!("  {kwh:.1} kWh, {cost:.2} {}", self.currency));
        }
        if !self.flaps.is_empty() {
            section("Flaps, switched both ways within half an hour", flap_lines(&self.flaps, zone));
        }
        if !self.longest.is_empty() {
            section("Longest over a threshold", excess_lines(&self.longest, zone));
        }
        text
    }

    fn watch_table(&self) -> String {
        let mut table = table(["", "fired", "changes", "failures", "skipped", "errors"]);
        for watch in &self.watches {
            let counts = [watch.fired, watch.changes, watch.failures, watch.skipped, watch.errors];
            let name = format!("  {}", watch.watch);
            table.add_row(std::iter::once(name).chain(counts.map(blank_zero)));
        }
        finish(table)
    }

    fn host_table(&self) -> String {
        let mut table = table(["", "starts", "stops", "hours on", "kWh", &self.currency]);
        for host in self.hosts.iter().filter(|host| is_worth_telling(host)) {
            let usage = host.usage.map(|usage| {
                [
                    format!("{:.1}", usage.hours),
                    format!("{:.1}", usage.wh / 1_000.0),
                    format!("{:.2}", usage.cost),
                ]
            });
            let counts =
                [format!("  {}", host.host), blank_zero(host.starts), blank_zero(host.stops)];
            table.add_row(counts.into_iter().chain(usage.unwrap_or_default()));
        }
        finish(table)
    }
}

/// A host that was never switched and never on is only noise.
fn is_worth_telling(host: &HostSummary) -> bool {
    host.starts + host.stops > 0 || host.usage.is_some_and(|usage| usage.hours > 0.0)
}

/// A line for each host: how often, and the quickest.
fn flap_lines(flaps: &[Flap], zone: Zone) -> String {
    let mut hosts: IndexMap<&str, (usize, &Flap)> = IndexMap::new();
    for flap in flaps {
        let (count, quickest) = hosts.entry(&flap.host).or_insert((0, flap));
        *count += 1;
        if flap.minutes < quickest.minutes {
            *quickest = flap;
        }
    }
    let width = hosts.keys().map(|host| host.chars().count()).max().unwrap_or(0);
    let line = |(host, (count, flap)): (&str, (usize, &Flap))| {
        let (host, at) = (format!("{host:width$}"), when(flap.at, zone));
        match count {
            1 => format!("  {host}  {at}, after {:.0} min\n", flap.minutes),
            _ => format!(
                "  {host}  {count} times, the quickest {at}, after {:.0} min\n",
                flap.minutes
            ),
        }
    };
    hosts.into_iter().map(line).collect()
}

fn excess_lines(excesses: &[Excess], zone: Zone) -> String {
    let line = |excess: &Excess| {
        let Excess { watch, sensor, condition, longest_minutes: minutes, .. } = excess;
        let length = match excess.began {
            Some(began) => format!("{minutes:.0} min, from {}", when(began, zone)),
            None => "never".to_owned(),
        };
        format!("  {watch}  {sensor} {condition}: {length}\n")
    };
    excesses.iter().map(line).collect()
}

fn when(at: DateTime<Utc>, zone: Zone) -> String {
    at.with_timezone(&zone).format("%a %-d %b %H:%M").to_string()
}

fn blank_zero(count: usize) -> String {
    if count == 0 { String::new() } else { count.to_string() }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}

/// Numbers stand under each other.
fn finish(mut table: Table) -> String {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
