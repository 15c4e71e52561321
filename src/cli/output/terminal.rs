//! What the agent prints while it runs: for people on a terminal, for journald under systemd.

use std::io::IsTerminal;

use chrono_tz::Tz;

use super::{
    Palette,
    entry::{Weight, describe},
};
use crate::{journal::Sink, sensor::SensorStatus};

/// How lines look.
#[derive(Clone, Copy)]
pub struct Terminal {
    zone: Tz,
    palette: Palette,
    /// journald adds the time, and reads the priority in `<4>`.
    for_journald: bool,
}

impl Terminal {
    pub fn on_stderr(zone: Tz, palette: Palette) -> Self {
        let for_journald =
            std::env::var_os("JOURNAL_STREAM").is_some() && !std::io::stderr().is_terminal();
        Terminal { zone, palette, for_journald }
    }

    pub fn sink(self) -> Sink {
        Box::new(move |entry| {
            if let Some((weight, line)) = describe(entry, self.palette) {
                self.print(entry.at, weight, &line);
            }
        })
    }

    /// Something about the agent itself.
    pub fn say(&self, at: chrono::DateTime<chrono::Utc>, text: &str) {
        self.print(at, Weight::Info, text);
    }

    /// All sensors in one line.
    pub fn sensors(&self, at: chrono::DateTime<chrono::Utc>, sensors: &[SensorStatus]) {
        let each: Vec<String> = sensors
            .iter()
            .filter_map(|sensor| match (&sensor.reading, &sensor.fault) {
                (_, Some(fault)) => Some(format!("{} {}", sensor.name, self.palette.bad(fault))),
                (Some(reading), None) => {
                    let value = format!("{} {}", reading.value, sensor.unit);
                    Some(format!("{} {}", self.palette.faint(&sensor.name), value.trim_end()))
                }
                (None, None) => None,
            })
            .collect();
        if !each.is_empty() {
            self.print(at, Weight::Info, &each.join("  "));
        }
    }

    fn print(&self, at: chrono::DateTime<chrono::Utc>, weight: Weight, line: &str) {
        if self.for_journald {
            let priority = match weight {
                Weight::Error => 3,
                Weight::Notice => 5,
                Weight::Info => 6,
            };
            for line in line.lines() {
                eprintln!("<{priority}>{line}");
            }
        } else {
            let time = at.with_timezone(&self.zone).format("%H:%M:%S").to_string();
            for (index, line) in line.lines().enumerate() {
                if index == 0 {
                    eprintln!("{}  {line}", self.palette.faint(&time));
                } else {
                    eprintln!("          {line}");
                }
            }
        }
    }
}
