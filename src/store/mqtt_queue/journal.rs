//! The queue's side file, one JSON object a line: what was numbered and what was taken since the
//! table was last written. Appended to without fsync; see [`SideFile`].
//!
//! [`SideFile`]: super::super::pending::SideFile

use std::{
    borrow::Cow,
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Numbered;
use crate::{
    sensor::{Reading, Value},
    store::{StoreError, pending, time},
};

/// Longer files are begun anew at the next chance.
const LONG: u64 = 64 << 10;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line<'a> {
    /// The first one: the kernel's boot, and the next number at that time.
    Begin {
        boot: Cow<'a, str>,
        next: u64,
    },
    Waits {
        seq: u64,
        sensor: Cow<'a, str>,
        unit: Cow<'a, str>,
        at: i64,
        value: Value,
    },
    Taken {
        taken: u64,
    },
}

/// What a side file tells.
pub(super) struct Left {
    /// Nothing of it can have been lost: it is of this very boot.
    pub is_whole: bool,
    pub next: u64,
    pub taken: Option<u64>,
    /// Those that were not taken.
    pub readings: Vec<Numbered>,
}

pub(super) struct Journal {
    /// `None` for a store in memory, which outlives nothing.
    path: Option<PathBuf>,
    file: Option<File>,
    length: u64,
}

impl Journal {
    pub fn of(state: Option<&Path>) -> Journal {
        let path = state.map(|state| pending::beside_state(state, "mqtt"));
        Journal { path, file: None, length: 0 }
    }

    /// Every whole line; a last one that was cut short is left out.
    pub fn read(&self) -> Result<Left, StoreError> {
        let bytes = match self.path.as_ref().map(fs::read) {
            None => Vec::new(),
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Some(Err(source)) => return Err(self.unreadable(source)),
        };
        let boot = boot_id();
        let mut left = Left { is_whole: false, next: 1, taken: None, readings: Vec::new() };
        for line in bytes.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Line::Begin { boot: written, next }) => {
                    left.is_whole = Some(&*written) == boot.as_deref();
                    left.next = left.next.max(next);
                }
                Ok(Line::Waits { seq, sensor, unit, at, value }) => {
                    let (sensor, unit, at) = ((*sensor).into(), (*unit).into(), time::moment(at));
                    left.next = left.next.max(seq + 1);
                    let reading = Reading { sensor, value, unit, at };
                    left.readings.push(Numbered { seq, reading });
                }
                Ok(Line::Taken { taken }) => left.taken = left.taken.max(Some(taken)),
                Err(_) => {}
            }
        }
        left.readings.retain(|each| left.taken.is_none_or(|taken| each.seq > taken));
        Ok(left)
    }

    pub fn append(&mut self, numbered: &[Numbered]) -> Result<(), StoreError> {
        let lines = numbered.iter().map(waits).collect::<Vec<_>>();
        self.write(&lines)
    }

    pub fn taken(&mut self, up_to: u64) -> Result<(), StoreError> {
        self.write(&[Line::Taken { taken: up_to }])
    }

    /// Begins the file anew with what still waits in memory. The new file takes the old one's place
    /// as a whole, so that a kill loses nothing.
    pub fn restart(&mut self, next: u64, recent: &VecDeque<Numbered>) -> Result<(), StoreError> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        let fresh = path.with_added_extension("new");
        (self.file, self.length) = (None, 0);
        let begun = File::create(&fresh).and_then(|file| {
            let boot = boot_id().unwrap_or_default().into();
            let first = [Line::Begin { boot, next }];
            let text = text(first.into_iter().chain(recent.iter().map(waits)))?;
            (&file).write_all(&text)?;
            fs::rename(&fresh, &path)?;
            Ok((file, text.len() as u64))
        });
        let (file, length) = begun.map_err(|source| self.no_access(source))?;
        (self.file, self.length) = (Some(file), length);
        Ok(())
    }

    pub fn is_long(&self) -> bool {
        self.length > LONG
    }

    pub fn remove(&mut self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        self.file = None;
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.no_access(error)),
            _ => Ok(()),
        }
    }

    fn write(&mut self, lines: &[Line<'_>]) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        let written = text(lines).and_then(|text| {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(OpenOptions::new().append(true).create(true).open(path)?),
            };
            file.write_all(&text)?;
            Ok(text.len() as u64)
        });
        self.length += written.map_err(|source| self.no_access(source))?;
        Ok(())
    }

    fn no_access(&self, source: io::Error) -> StoreError {
        StoreError::NoAccess { path: self.path.clone().unwrap_or_default(), source }
    }

    fn unreadable(&self, source: io::Error) -> StoreError {
        StoreError::Unreadable { path: self.path.clone().unwrap_or_default(), source }
    }
}

fn waits(Numbered { seq, reading }: &Numbered) -> Line<'_> {
    Line::Waits {
        seq: *seq,
        sensor: reading.sensor.as_ref().into(),
        unit: reading.unit.as_ref().into(),
        at: time::millis(reading.at),
        value: reading.value,
    }
}

fn text<'a, L: std::borrow::Borrow<Line<'a>>>(
    lines: impl IntoIterator<Item = L>,
) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for line in lines {
        serde_json::to_writer(&mut text, line.borrow())?;
        text.push(b'\n');
    }
    Ok(text)
}

/// The kernel's name for the time since it was started.
fn boot_id() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}
