//! What the agent prints while it runs: for people on a terminal, for journald under systemd.

use std::io::IsTerminal;

use super::{
    Palette,
    entry::{Weight, describe},
};
use crate::{clock::Zone, journal::Sink, sensor::SensorStatus};

/// Sensors are listed in lines of so many characters, without the time before them.
const SENSORS_WIDTH: usize = 90;

/// How lines look.
#[derive(Clone, Copy)]
pub struct Terminal {
    zone: Zone,
    palette: Palette,
    /// journald adds the time, and reads the priority in `<4>`.
    for_journald: bool,
}

impl Terminal {
    pub fn on_stderr(zone: Zone, palette: Palette) -> Self {
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

    /// All sensors, side by side.
    pub fn sensors(&self, at: chrono::DateTime<chrono::Utc>, sensors: &[SensorStatus]) {
        let mut text = String::new();
        let mut width = 0;
        for sensor in sensors {
            let (value, painted) = match (&sensor.reading, &sensor.fault) {
                (_, Some(fault)) => (fault.to_string(), self.palette.bad(fault).to_string()),
                (Some(reading), None) => {
                    let value = format!("{} {}", reading.value, sensor.unit).trim_end().to_owned();
                    (value.clone(), value)
                }
                (None, None) => continue,
            };
            let length = sensor.name.chars().count() + 1 + value.chars().count();
            let gap = match width {
                0 => "",
                _ if width + 2 + length > SENSORS_WIDTH => "\n",
                _ => "  ",
            };
            width = if gap == "  " { width + 2 + length } else { length };
            text.push_str(gap);
            text.push_str(&format!("{} {painted}", self.palette.faint(&sensor.name)));
        }
        if !text.is_empty() {
            self.print(at, Weight::Info, &text);
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
