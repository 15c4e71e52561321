//! One entry of the journal in words.

use super::{Palette, fired::after, printable};
use crate::journal::{Entry, Event, brought};

/// How loudly it should be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Error,
    Notice,
    Info,
}

/// Script and watch, with room behind them; nothing for the agent itself.
pub fn who(entry: &Entry, paint: Palette) -> String {
    match (entry.script.as_str(), entry.watch.as_str()) {
        ("", _) => String::new(),
        (script, "") => format!("{}  ", paint.strong(script)),
        (script, watch) if script == watch => format!("{}  ", paint.strong(watch)),
        (script, watch) => format!("{}  ", paint.strong(format!("{script}/{watch}"))),
    }
}

/// Who and what, without the time; `None` for what is not worth a line.
pub fn describe(entry: &Entry, paint: Palette) -> Option<(Weight, String)> {
    let who = who(entry, paint);
    let line = |weight, text: String| Some((weight, format!("{who}{text}")));
    match &entry.event {
        Event::Fired { cause } => line(Weight::Notice, format!("fired: {}", printable(cause))),
        Event::Did { row } => line(Weight::Info, paint.marks(&row.pretty(0))),
        Event::Told { channel, subject, text } if channel == "pretty" => {
            let text = format!("{}{}", paint.strong(printable(subject)), beneath_rows(text));
            line(Weight::Notice, text)
        }
        Event::Told { channel, subject, .. } => {
            line(Weight::Notice, format!("{channel}: {}", printable(subject)))
        }
        Event::Ended { report: None, .. } => None,
        Event::Ended { report: Some(report), seconds, .. } => {
            let came = match report.failures() {
                Some(failures) => paint.bad(failures).to_string(),
                None if report.quiet => "done, nothing to tell".into(),
                None => "done".into(),
            };
            line(Weight::Info, format!("{came}{}", after(*seconds)))
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
        Event::Loaded { watches, switches } => {
            line(Weight::Info, format!("loaded, {}", brought(*watches, *switches)))
        }
        Event::Note { text } => line(Weight::Info, text.clone()),
    }
}

/// What a report shows beneath its rows. The rows themselves have been shown, one as each host was
/// done.
fn beneath_rows(text: &str) -> String {
    let beneath = text.lines().filter(|line| line.starts_with(' '));
    beneath.map(|line| format!("\n{}", printable(line))).collect()
}
