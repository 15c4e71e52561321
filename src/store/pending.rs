//! The side file: readings that are not in the database yet, one JSON object a line.
//!
//! It is appended to without fsync. The kernel keeps what was written when the process is killed;
//! under systemd the file lies in `$RUNTIME_DIRECTORY`, which is memory and wears no card.

use std::{
    borrow::Cow,
    env,
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
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
        if self.file.is_none() {
            self.file = Some(OpenOptions::new().append(true).create(true).open(&self.path)?);
        }
        match &mut self.file {
            Some(file) => file.write_all(&text),
            None => Ok(()),
        }
    }

    /// Every whole line; a last one that was cut short is left out.
    pub(super) fn read(&self) -> io::Result<Vec<Reading>> {
        match std::fs::read(&self.path) {
            Ok(bytes) => Ok(bytes.split(|byte| *byte == b'\n').filter_map(parse).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
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
