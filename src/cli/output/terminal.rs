//! What the agent prints while it runs: for people on a terminal, for journald under systemd.

use std::io::IsTerminal;

use chrono_tz::Tz;

use super::{Palette, printable};
use crate::{
    journal::{Entry, Event, Sink},
    sensor::SensorStatus,
};

/// Sensors are listed in lines of so many characters, without the time before them.
const SENSORS_WIDTH: usize = 90;

/// How lines look.
#[derive(Clone, Copy)]
pub struct Terminal {
    zone: Tz,
    palette: Palette,
    /// journald adds the time, and reads the priority in `<4>`.
    for_journald: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Error,
    Notice,
    Info,
}

impl Terminal {
    pub fn on_stderr(zone: Tz, palette: Palette) -> Self {
        let for_journald =
            std::env::var_os("JOURNAL_STREAM").is_some() && !std::io::stderr().is_terminal();
        Terminal { zone, palette, for_journald }
    }

    pub fn sink(self) -> Sink {
        Box::new(move |entry| {
            for (weight, line) in self.lines(entry) {
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

    fn lines(&self, entry: &Entry) -> Vec<(Weight, String)> {
        let paint = &self.palette;
        let who = match (entry.script.as_str(), entry.watch.as_str()) {
            ("", _) => String::new(),
            (script, "") => format!("{}  ", paint.strong(script)),
            (script, watch) if script == watch => format!("{}  ", paint.strong(watch)),
            (script, watch) => format!("{}  ", paint.strong(format!("{script}/{watch}"))),
        };
        let line = |weight, text: String| vec![(weight, format!("{who}{text}"))];
        match &entry.event {
            Event::Fired { cause } => line(Weight::Notice, format!("fired: {}", printable(cause))),
            Event::Did { row } => line(Weight::Info, paint.marks(&row.pretty(0))),
            Event::Told { channel, subject, text } if channel == "pretty" => {
                let text = format!("{}\n{}", paint.strong(printable(subject)), paint.marks(text));
                line(Weight::Notice, text.trim_end().to_owned())
            }
            Event::Told { channel, subject, .. } => {
                line(Weight::Notice, format!("{channel}: {}", printable(subject)))
            }
            Event::Ended { report: None, .. } => Vec::new(),
            Event::Ended { report: Some(report), seconds, .. } => {
                let came = match report.failures() {
                    Some(failures) => paint.bad(failures).to_string(),
                    None if report.quiet => "done, nothing to tell".into(),
                    None => "done".into(),
                };
                line(Weight::Info, format!("{came} after {seconds:.1} s"))
            }
            Event::Skipped { reason } => line(Weight::Info, format!("left out: {reason}")),
            Event::Failed { message } => line(Weight::Error, paint.bad(message).to_string()),
            Event::Fault { sensor, fault } => {
                line(Weight::Error, format!("{}  {}", paint.strong(sensor), paint.bad(fault)))
            }
            Event::Recovered { sensor, value } => {
                let name = paint.strong(sensor);
                line(Weight::Notice, format!("{name}  is back: {}", paint.good(value)))
            }
            Event::Paused { reason } => line(Weight::Error, format!("paused: {reason}")),
            Event::Resumed { .. } => line(Weight::Notice, "resumed".into()),
            Event::Loaded { watches } => {
                let watches =
                    if *watches == 1 { "1 watch".into() } else { format!("{watches} watches") };
                line(Weight::Info, format!("loaded, {watches}"))
            }
            Event::Note { text } => line(Weight::Info, text.clone()),
        }
    }
}
