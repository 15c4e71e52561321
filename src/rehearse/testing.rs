//! Journal entries for tests, in one line each.

use crate::{
    journal::{Entry, Event},
    plan::{Report, Row},
};

pub fn entry(at: &str, watch: &str, event: Event) -> Entry {
    let script = if watch.is_empty() { String::new() } else { format!("{watch}-script") };
    Entry { at: at.parse().unwrap(), script, watch: watch.to_owned(), run: None, event }
}

pub fn of_run(run: i64, entry: Entry) -> Entry {
    Entry { run: Some(run), ..entry }
}

pub fn fired(at: &str, watch: &str, run: i64, cause: &str) -> Entry {
    of_run(run, entry(at, watch, Event::Fired { cause: cause.to_owned() }))
}

pub fn did(at: &str, watch: &str, host: &str, verb: &str, changed: bool) -> Entry {
    let row = Row {
        host: Some(host.to_owned()),
        verb: verb.to_owned(),
        ok: true,
        changed,
        seconds: if changed { 42.0 } else { 0.0 },
        ..Row::default()
    };
    entry(at, watch, Event::Did { row })
}

pub fn failed(at: &str, watch: &str, host: &str, error: &str) -> Entry {
    let row = Row {
        host: Some(host.to_owned()),
        verb: "stop".to_owned(),
        code: Some(-1),
        error: Some(error.to_owned()),
        ..Row::default()
    };
    entry(at, watch, Event::Did { row })
}

pub fn told(at: &str, watch: &str, channel: &str, subject: &str) -> Entry {
    let event = Event::Told {
        channel: channel.to_owned(),
        subject: subject.to_owned(),
        text: String::new(),
    };
    entry(at, watch, event)
}

pub fn ended(at: &str, watch: &str, report: Report, saw: Vec<(String, String)>) -> Entry {
    entry(at, watch, Event::Ended { report: Some(report), saw, seconds: 0.0 })
}
