//! An event in words.

use super::{super::Style, block::Block};
use crate::{
    journal::{Event, brought},
    plan::Row,
};

/// The line beside the time, and the lines below it.
pub fn describe(block: &Block, style: Style) -> (String, Vec<String>) {
    let mut head = event(&block.first.event, style);
    let saw = saw(block);
    if !saw.is_empty() && matches!(block.first.event, Event::Fired { .. }) {
        head.push_str(&style.quiet(&format!("; saw {saw}")));
    }
    let details = block.rest.iter().map(|entry| &entry.event);
    let details = details.filter(|event| !matches!(event, Event::Ended { .. }));
    (head, details.map(|each| event(each, style)).collect())
}

/// `closet/temperature 71.3 °C, solar/power 812 W`, each once.
fn saw(block: &Block) -> String {
    let seen = block.events().filter_map(|event| match event {
        Event::Ended { saw, .. } => Some(saw),
        _ => None,
    });
    let seen = seen.flatten().map(|(sensor, value)| format!("{sensor} {value}"));
    let mut values: Vec<String> = Vec::new();
    for value in seen {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.join(", ")
}

fn event(event: &Event, style: Style) -> String {
    match event {
        Event::Fired { cause } => format!("fired: {cause}"),
        Event::Did { row } => did(row, style),
        Event::Told { channel, subject, .. } => format!("✉ {channel} \"{subject}\""),
        Event::Ended { seconds, .. } => format!("ended{}", took(*seconds)),
        Event::Skipped { reason } => format!("skipped: {reason}"),
        Event::Failed { message } => style.bad(&format!("✘ failed: {message}")),
        Event::Fault { fault, .. } => style.bad(&format!("✘ {fault}")),
        Event::Recovered { value, .. } => style.good(&format!("✔ believed again: {value}")),
        Event::Paused { reason } => style.bad(&format!("paused: {reason}")),
        Event::Resumed { reason } => format!("resumed: {reason}"),
        Event::Loaded { watches, switches } => format!("loaded, {}", brought(*watches, *switches)),
        Event::Note { text } => text.clone(),
    }
}

/// `✔ foo stopped (42 s)`, `· foo already stopped`, `✘ bar: unreachable`.
fn did(row: &Row, style: Style) -> String {
    if row.ok && matches!(row.verb.as_str(), "set" | "pulse") {
        return match row.changed {
            true => style.good(&format!("✔ {}", row.output)),
            false => style.quiet(&format!("· {} already", row.output)),
        };
    }
    let subject = row.host.as_deref().unwrap_or("");
    if !row.ok {
        let subject = row.host.as_deref().unwrap_or(&row.verb);
        let error = match (&row.error, row.code) {
            (Some(error), _) => error.clone(),
            (None, Some(code)) => format!("{} ended with code {code}", row.verb),
            (None, None) => format!("{} failed", row.verb),
        };
        return style.bad(&format!("✘ {subject}: {error}"));
    }
    let deed = format!("{subject} {}", past(&row.verb));
    let deed = deed.trim_start();
    if row.changed {
        style.good(&format!("✔ {deed}{}", took(row.seconds)))
    } else {
        style.quiet(&format!("· {}", format!("{subject} already {}", past(&row.verb)).trim_start()))
    }
}

fn past(verb: &str) -> &str {
    match verb {
        "start" => "started",
        "stop" => "stopped",
        "restart" => "restarted",
        "wake" => "woken",
        "shell" => "ran its command",
        "upload" => "got its file",
        "update" => "updated",
        "create" => "created",
        "place" => "placed",
        "destroy" => "destroyed",
        "hold_off" => "held off",
        "hold_on" => "held on",
        "release" => "released",
        other => other,
    }
}

/// ` (42 s)`, ` (3 min)`; nothing when it took no time worth telling.
fn took(seconds: f64) -> String {
    if seconds < 0.95 {
        String::new()
    } else if seconds < 120.0 {
        format!(" ({seconds:.0} s)")
    } else {
        format!(" ({:.0} min)", seconds / 60.0)
    }
}
