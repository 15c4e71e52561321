//! The store as a whole. Here: what the tests share.

mod file;
mod kill;
mod lives;
mod readings;
mod state;
mod switches;

use std::{fs, path::PathBuf, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    journal::{Entry, Event},
    plan::{Callback, Channel, Handler, Message, Report, Row},
    sensor::{Reading, Value},
};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn reading(sensor: &str, value: f64, seconds: i64) -> Reading {
    Reading {
        sensor: sensor.into(),
        value: Value::Number(value),
        unit: "°C".into(),
        at: at(seconds),
    }
}

fn note(text: &str, seconds: i64) -> Entry {
    Entry {
        at: at(seconds),
        script: "closet-heat".into(),
        watch: "closet-heat".into(),
        run: Some(7),
        event: Event::Note { text: text.into() },
    }
}

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        channel: Channel::Email { to: Vec::new() },
        subject: "closet too hot".into(),
        body: None,
        report: Report::default(),
        origin: "closet-heat/closet-heat".into(),
        cause: "closet/temperature 71.3 °C, above 70 °C".into(),
        curve: None,
    }
}

fn run(event_id: &str) -> NewRun {
    NewRun {
        script: "closet-heat".into(),
        watch: "closet-heat".into(),
        cause: "by hand".into(),
        event_id: event_id.into(),
        handler_kind: "fired".into(),
        handler: None,
        at: at(0),
    }
}

fn function(name: Option<&str>) -> Handler {
    Handler::Function(Callback { name: name.map(String::from), function: None })
}

struct Folder {
    _dir: TempDir,
    path: PathBuf,
}

impl Folder {
    fn new() -> Folder {
        let dir = TempDir::new().unwrap();
        Folder { path: dir.path().join("watchpost.db"), _dir: dir }
    }

    fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.path, &HistorySettings::default())
    }
}

fn values(store: &Store, sensor: &str) -> Vec<f64> {
    let found = store.readings_between(sensor, at(-1_000), at(1_000_000)).wait().unwrap();
    found.into_iter().map(|(_, value)| value).collect()
}
