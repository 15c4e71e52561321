//! The outputs, as plans and the agent see them.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use super::{
    Level, Levels, OutputError,
    bank::{Bank, Unit},
    levels::levels,
    rules::{self, State},
};
use crate::{
    clock::Clock,
    config::{OutputDrive, OutputSettings},
    hal::{
        Lines,
        lines::{LineError, PinError},
    },
    plan::{Done, Failure, OutputAct, OutputStep},
    sensor::Reads,
    store::Store,
    suggest::nearest,
    tasks,
};

/// Longer than any healthy line takes; one on an expander behind I2C takes a millisecond.
const LIMIT: Duration = Duration::from_secs(2);

/// Cheap to clone; all clones are one bank of outputs. One thing is done at a time.
#[derive(Clone)]
pub struct Outputs {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    bank: Arc<Mutex<Bank>>,
    names: Arc<[Arc<str>]>,
    levels: Levels,
    pub(super) clock: Clock,
    pub(super) store: Store,
    reads: Reads,
    /// Rung when something is due at another time than before.
    pub(super) bell: Notify,
}

/// An output that the site file describes wrongly.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Its place among the outputs.
    pub index: usize,
    pub error: PinError,
}

/// One output, as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputStatus {
    pub name: Arc<str>,
    /// `None` while it is not known.
    pub level: Option<Level>,
    /// The watch that switched it last.
    pub by: Option<String>,
    /// Seconds until `max_on` or a pulse ends.
    pub ends_in: Option<f64>,
}

impl Outputs {
    /// The outputs of the site file. Touches no hardware.
    ///
    /// # Errors
    /// Every output whose pin the board does not have.
    pub fn new(
        settings: &[OutputSettings],
        lines: &Lines,
        clock: Clock,
        store: Store,
        reads: Reads,
    ) -> Result<Self, Vec<Wrong>> {
        let mut wrong = Vec::new();
        let mut units = Vec::with_capacity(settings.len());
        for (index, each) in settings.iter().enumerate() {
            let drive = match &each.drive {
                OutputDrive::Pin(pin) => lines.relay(pin, each.active_low),
                OutputDrive::Pwm { channel, period } => {
                    lines.pwm(channel, *period, each.active_low)
                }
            };
            match drive {
                Ok(drive) => units.push(Unit {
                    settings: each.clone(),
                    drive,
                    state: State::default(),
                    told: None,
                }),
                Err(error) => wrong.push(Wrong { index, error }),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let names: Arc<[Arc<str>]> = settings.iter().map(|each| each.name.clone()).collect();
        let (teller, levels) = levels(names.clone());
        let bank = Arc::new(Mutex::new(Bank { units, teller, attended: false }));
        let shared = Shared { bank, names, levels, clock, store, reads, bell: Notify::new() };
        Ok(Outputs { shared: Arc::new(shared) })
    }

    pub fn names(&self) -> &[Arc<str>] {
        &self.shared.names
    }

    /// How far they are on, to be looked at without waiting for whoever drives one.
    pub fn levels(&self) -> Levels {
        self.shared.levels.clone()
    }

    /// Sets an output because somebody asks for it; says whether that changed anything. `by` is the
    /// watch, as `script/watch`.
    ///
    /// # Errors
    /// When it must not be done, or the line fails.
    pub async fn set(&self, name: &str, level: Level, by: &str) -> Result<bool, OutputError> {
        self.switch(name, level, None, by).await
    }

    /// Switches an output on for this long, and then off; a second pulse begins anew.
    ///
    /// # Errors
    /// Like [`Outputs::set`].
    pub async fn pulse(&self, name: &str, length: Duration, by: &str) -> Result<bool, OutputError> {
        self.switch(name, Level::ON, Some(length), by).await
    }

    /// Does what a plan's step says.
    ///
    /// # Errors
    /// Like [`Outputs::set`].
    pub async fn carry_out(&self, step: &OutputStep, by: &str) -> Result<Done, Failure> {
        let changed = match step.act {
            OutputAct::Set(level) => self.set(&step.output, level, by).await?,
            OutputAct::Pulse(length) => self.pulse(&step.output, length, by).await?,
        };
        Ok(Done { output: String::new(), changed })
    }

    /// Whether a plan's step would change anything now. Touches nothing.
    ///
    /// # Errors
    /// When it must not be done.
    pub async fn would_switch(&self, step: &OutputStep) -> Result<bool, OutputError> {
        let index = self.index(&step.output)?;
        let bank = self.bank(index).await?;
        let level = step.act.level();
        rules::may_set(&bank.ruled(), index, level, self.shared.clock.monotonic())?;
        let is_pulse = matches!(step.act, OutputAct::Pulse(_));
        Ok(is_pulse || bank.units[index].state.level != Some(level))
    }

    async fn switch(
        &self,
        name: &str,
        level: Level,
        pulse: Option<Duration>,
        by: &str,
    ) -> Result<bool, OutputError> {
        let index = self.index(name)?;
        let mut bank = self.bank(index).await?;
        let now = self.shared.clock.monotonic();
        rules::may_set(&bank.ruled(), index, level, now)?;
        if !bank.attended && level != bank.units[index].settings.safe {
            return Err(OutputError::Unattended { name: name.to_owned() });
        }
        let unit = &mut bank.units[index];
        unit.state.by = Some(by.to_owned());
        let pulse_until = pulse.map(|length| now + length);
        if unit.state.level == Some(level) {
            unit.state.pulse_until = pulse_until;
            self.shared.bell.notify_one();
            return Ok(pulse.is_some());
        }
        let mut bank = self.turn(bank, index, level, now).await?;
        bank.units[index].state.pulse_until = pulse_until;
        self.shared.bell.notify_one();
        Ok(true)
    }

    /// Turns an output, whatever asked for it, and keeps the books on `max_on`: what is switched on
    /// is written down first, what is switched off afterwards.
    pub(super) async fn turn(
        &self,
        mut bank: OwnedMutexGuard<Bank>,
        index: usize,
        level: Level,
        now: Duration,
    ) -> Result<OwnedMutexGuard<Bank>, OutputError> {
        let unit = &mut bank.units[index];
        let name = unit.settings.name.clone();
        let was_on = unit.state.is_on();
        if level.is_on()
            && unit.state.on_until.is_none()
            && let Some(max_on) = unit.settings.max_on
        {
            self.keep_deadline(&name, max_on).await?;
            unit.state.on_until = Some(now + max_on);
        }
        let (mut bank, driven) = self.drive(bank, index, level).await?;
        driven.map_err(|error| OutputError::Line { name: name.to_string(), error })?;
        let unit = &mut bank.units[index];
        if was_on != level.is_on() || unit.state.switched.is_none() {
            unit.state.switched = Some(now);
        }
        if !level.is_on() {
            unit.state.pulse_until = None;
            if unit.state.on_until.take().is_some() {
                self.forget_deadline(&name).await;
            }
        }
        Ok(bank)
    }

    async fn keep_deadline(&self, name: &str, max_on: Duration) -> Result<(), OutputError> {
        let until = self.shared.clock.now() + max_on;
        self.shared.store.keep_output_deadline(name, until).await.map_err(|error| {
            OutputError::NotKept { name: name.to_owned(), reason: error.to_string() }
        })
    }

    async fn forget_deadline(&self, name: &str) {
        if let Err(error) = self.shared.store.forget_output_deadline(name).await {
            // It is off; the old deadline can only keep it off longer at the next start.
            tracing::error!("the end of `max_on` of {name} could not be taken back: {error}");
        }
    }

    /// From now on outputs may be switched to more than what is safe.
    pub(super) async fn attend(&self) {
        self.shared.bank.lock().await.attended = true;
    }

    /// Waits for whoever drives an output now.
    pub(super) async fn bank(&self, index: usize) -> Result<OwnedMutexGuard<Bank>, OutputError> {
        let locked = self.shared.bank.clone().lock_owned();
        self.shared.clock.timeout(LIMIT, locked).await.map_err(|_elapsed| self.hung(index))
    }

    /// Drives a line where it may block; the bank stays locked as long as the line hangs.
    pub(super) async fn drive(
        &self,
        mut bank: OwnedMutexGuard<Bank>,
        index: usize,
        level: Level,
    ) -> Result<(OwnedMutexGuard<Bank>, Result<(), LineError>), OutputError> {
        if self.shared.reads == Reads::Inline {
            let driven = bank.drive(index, level);
            return Ok((bank, driven));
        }
        let work = tasks::spawn_blocking(move || {
            let driven = bank.drive(index, level);
            (bank, driven)
        });
        match self.shared.clock.timeout(LIMIT, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_panicked)) => Err(self.hung(index)),
            Err(_elapsed) => Err(self.hung(index)),
        }
    }

    fn hung(&self, index: usize) -> OutputError {
        OutputError::Hung { name: self.shared.names[index].to_string() }
    }

    /// # Errors
    /// When there is no such output.
    pub fn index(&self, name: &str) -> Result<usize, OutputError> {
        let found = self.shared.names.iter().position(|known| **known == *name);
        found.ok_or_else(|| {
            let names = self.shared.names.iter().map(|known| &**known);
            let suggestion = nearest(name, names).map(str::to_owned);
            OutputError::Unknown { name: name.to_owned(), suggestion }
        })
    }

    /// All that is known of every output, in the order of the site file.
    pub async fn all(&self) -> Vec<OutputStatus> {
        let now = self.shared.clock.monotonic();
        let bank = self.shared.bank.lock().await;
        let status = |unit: &Unit| OutputStatus {
            name: unit.settings.name.clone(),
            level: unit.state.level,
            by: unit.state.by.clone(),
            ends_in: unit.state.due().map(|due| due.saturating_sub(now).as_secs_f64()),
        };
        bank.units.iter().map(status).collect()
    }
}
