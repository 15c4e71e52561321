//! What happens to outputs without anybody asking for it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Level, OutputError, Outputs};
use crate::{
    clock::format_duration,
    journal::{Event, Journal},
};

/// A line that failed is tried again this often.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Why an output is made safe.
#[derive(Clone, Copy)]
enum Because {
    MaxOn(Duration),
    Pulse,
    /// Its line failed before.
    Unknown,
}

impl Outputs {
    /// Makes every output safe, and then what `initial` says, unless its `max_on` ran out while the
    /// agent was away. To be called once, before anything else is done.
    pub async fn start(&self, journal: &Journal) {
        self.start_safe(journal).await;
        let deadlines = match self.shared.store.output_deadlines().await {
            Ok(deadlines) => deadlines,
            Err(error) => {
                let message = format!("outputs stay safe, because `max_on` is not known: {error}");
                journal.note("", Event::Failed { message });
                return;
            }
        };
        for index in 0..self.names().len() {
            let name = &self.names()[index];
            let deadline = deadlines.iter().find(|(known, _)| **known == **name).map(|(_, at)| *at);
            if let Err(error) = self.begin(index, deadline, journal).await {
                self.failed(index, &error, journal).await;
            }
        }
    }

    /// Like [`Outputs::start`], but the outputs stay safe until somebody switches them.
    pub async fn start_safe(&self, journal: &Journal) {
        self.attend().await;
        for index in 0..self.names().len() {
            if let Err(error) = self.make_safe(index).await {
                self.failed(index, &error, journal).await;
            }
        }
    }

    /// The output's `initial`, with what an earlier `max_on` has left.
    async fn begin(
        &self,
        index: usize,
        deadline: Option<DateTime<Utc>>,
        journal: &Journal,
    ) -> Result<(), OutputError> {
        let mut bank = self.bank(index).await?;
        let unit = &mut bank.units[index];
        let initial = unit.settings.initial;
        if unit.state.level.is_none() || unit.state.level == Some(initial) {
            return Ok(());
        }
        let now = self.shared.clock.monotonic();
        if initial.is_on()
            && let (Some(max_on), Some(deadline)) = (unit.settings.max_on, deadline)
        {
            let left = (deadline - self.shared.clock.now()).to_std().unwrap_or_default();
            if left.is_zero() {
                let text = format!(
                    "{} stays {}: its `max_on` ran out before this start; `set` switches it on",
                    unit.settings.name, unit.settings.safe
                );
                journal.note("", Event::Note { text });
                return Ok(());
            }
            // A clock that was put back must not make it longer.
            unit.state.on_until = Some(now + left.min(max_on));
        }
        drop(self.turn(bank, index, initial, now).await?);
        Ok(())
    }

    /// Ends pulses and `max_on`, and tries lines again that failed. Runs for ever.
    pub async fn enforce(&self, journal: &Journal) {
        loop {
            let now = self.shared.clock.monotonic();
            let mut next: Option<Duration> = None;
            for index in 0..self.names().len() {
                let due = match self.look(index, now).await {
                    Ok((Some(because), _)) => match self.end(index, because, journal).await {
                        Ok(due) => due,
                        Err(error) => {
                            self.failed(index, &error, journal).await;
                            Some(now + TRY_AGAIN)
                        }
                    },
                    Ok((None, due)) => due,
                    Err(error) => {
                        self.failed(index, &error, journal).await;
                        Some(now + TRY_AGAIN)
                    }
                };
                next = [next, due].into_iter().flatten().min();
            }
            let nap = async {
                match next {
                    Some(at) => {
                        let wait = at.saturating_sub(self.shared.clock.monotonic());
                        self.shared.clock.sleep(wait).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.shared.bell.notified() => {}
                () = nap => {}
            }
        }
    }

    /// What is to be done now, and else when.
    async fn look(
        &self,
        index: usize,
        now: Duration,
    ) -> Result<(Option<Because>, Option<Duration>), OutputError> {
        let bank = self.bank(index).await?;
        let unit = &bank.units[index];
        let is_over = |at: Option<Duration>| at.is_some_and(|at| at <= now);
        let because = match unit.settings.max_on {
            Some(max_on) if is_over(unit.state.on_until) => Some(Because::MaxOn(max_on)),
            _ if is_over(unit.state.pulse_until) => Some(Because::Pulse),
            _ if unit.state.level.is_none() => Some(Because::Unknown),
            _ => None,
        };
        Ok((because, unit.state.due()))
    }

    async fn end(
        &self,
        index: usize,
        because: Because,
        journal: &Journal,
    ) -> Result<Option<Duration>, OutputError> {
        let bank = self.bank(index).await?;
        let settings = bank.units[index].settings.clone();
        let now = self.shared.clock.monotonic();
        let bank = match because {
            Because::Pulse => self.turn(bank, index, Level::OFF, now).await?,
            Because::Unknown => self.turn(bank, index, settings.safe, now).await?,
            Because::MaxOn(max_on) => {
                // The deadline stays in the store: after a restart it has still run out.
                let (mut bank, driven) = self.drive(bank, index, settings.safe).await?;
                let name = settings.name.to_string();
                driven.map_err(|error| OutputError::Line { name, error })?;
                let unit = &mut bank.units[index];
                unit.state.on_until = None;
                unit.state.pulse_until = None;
                unit.state.switched = Some(now);
                let text = format!(
                    "{} was on for {} (`max_on`): switched {}",
                    settings.name,
                    format_duration(max_on),
                    settings.safe
                );
                journal.note("", Event::Note { text });
                bank
            }
        };
        let mut bank = bank;
        let unit = &mut bank.units[index];
        if unit.told.take().is_some() {
            let text = format!("{} works again, and is {}", settings.name, settings.safe);
            journal.note("", Event::Note { text });
        }
        Ok(unit.state.due())
    }

    /// Makes the outputs safe that this watch (`script/watch`) switched last; returns what was done.
    pub async fn make_safe_after(&self, by: &str) -> Vec<(String, Result<(), OutputError>)> {
        let mut done = Vec::new();
        for index in 0..self.names().len() {
            let is_its = match self.bank(index).await {
                Ok(bank) => bank.units[index].state.by.as_deref() == Some(by),
                // Nobody knows: safe is safe.
                Err(_hung) => true,
            };
            if is_its {
                done.push((self.names()[index].to_string(), self.make_safe(index).await));
            }
        }
        done
    }

    /// The end: every output is made safe.
    pub async fn stop(&self) {
        for index in 0..self.names().len() {
            if let Err(error) = self.make_safe(index).await {
                tracing::error!("an output could not be made safe at the end: {error}");
            }
        }
    }

    /// Without a word to the store: whether `max_on` has run out is not decided by a restart.
    async fn make_safe(&self, index: usize) -> Result<(), OutputError> {
        let bank = self.bank(index).await?;
        let safe = bank.units[index].settings.safe;
        let (mut bank, driven) = self.drive(bank, index, safe).await?;
        let name = self.names()[index].to_string();
        driven.map_err(|error| OutputError::Line { name, error })?;
        let unit = &mut bank.units[index];
        unit.state.pulse_until = None;
        if !safe.is_on() {
            unit.state.on_until = None;
        }
        Ok(())
    }

    /// Tells what a line failed with, once.
    async fn failed(&self, index: usize, error: &OutputError, journal: &Journal) {
        if let OutputError::Line { error: line, .. } = error
            && let Ok(mut bank) = self.bank(index).await
            && bank.units[index].told.replace(line.clone()).as_ref() == Some(line)
        {
            return;
        }
        journal.note("", Event::Failed { message: error.to_string() });
    }
}
