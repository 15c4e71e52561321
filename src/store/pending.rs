//! The side file: readings and counts that are not in the database yet, one JSON object a line.
//!
//! It is appended to without fsync. The kernel keeps what was written when the process is killed;
//! under systemd the file lies in `$RUNTIME_DIRECTORY`, which is memory and wears no card.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    env,
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{lock::beside, time};
use crate::sensor::{Reading, Value};

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    sensor: Cow<'a, str>,
    unit: Cow<'a, str>,
    at: i64,
    value: Value,
}

/// A meter's count in all; a later line stands above an earlier one.
#[derive(Serialize, Deserialize)]
struct Count<'a> {
    sensor: Cow<'a, str>,
    count: u64,
}

/// What a process has left behind.
#[derive(Default)]
pub(super) struct Left {
    pub readings: Vec<Reading>,
    pub counts: BTreeMap<Arc<str>, u64>,
}

pub(super) struct SideFile {
    path: PathBuf,
    /// Opened when first needed.
    file: Option<File>,
}

impl SideFile {
    /// The side file of a state file.
    pub(super) fn of(state: &Path) -> SideFile {
        SideFile { path: beside_state(state, "pending"), file: None }
    }

    pub(super) fn append(&mut self, readings: &[Reading]) -> io::Result<()> {
        let mut text = Vec::new();
        for reading in readings {
            let Reading { sensor, value, unit, at } = reading;
            let line = Line {
                sensor: sensor.as_ref().into(),
                unit: unit.as_ref().into(),
                at: time::millis(*at),
                value: *value,
            };
            serde_json::to_writer(&mut text, &line)?;
            text.push(b'\n');
        }
        self.write(&text)
    }

    pub(super) fn append_count(&mut self, sensor: &str, count: u64) -> io::Result<()> {
        let mut text = serde_json::to_vec(&Count { sensor: sensor.into(), count })?;
        text.push(b'\n');
        self.write(&text)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(OpenOptions::new().append(true).create(true).open(&self.path)?);
        }
        match &mut self.file {
            Some(file) => file.write_all(text),
            None => Ok(()),
        }
    }

    /// Every whole line; a last one that was cut short is left out.
    pub(super) fn read(&self) -> io::Result<Left> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Left::default()),
            Err(error) => return Err(error),
        };
        let mut left = Left::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Some(reading) = parse(line) {
                left.readings.push(reading);
            } else if let Ok(Count { sensor, count }) = serde_json::from_slice(line) {
                left.counts.insert((*sensor).into(), count);
            }
        }
        Ok(left)
    }

    /// Empties it: what stood in it is in the database now.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        match &self.file {
            Some(file) => file.set_len(0),
            None => match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Where a side file of this name lies.
pub(super) fn beside_state(state: &Path, name: &str) -> PathBuf {
    match env::var_os("RUNTIME_DIRECTORY") {
        // systemd joins several directories with colons; ours is the first.
        Some(folders) => env::split_paths(&folders).next().unwrap_or_default().join(name),
        None => beside(state, &format!("-{name}")),
    }
}

fn parse(line: &[u8]) -> Option<Reading> {
    let line: Line = serde_json::from_slice(line).ok()?;
    Some(Reading {
        sensor: (*line.sensor).into(),
        value: line.value,
        unit: (*line.unit).into(),
        at: time::moment(line.at),
    })
}
