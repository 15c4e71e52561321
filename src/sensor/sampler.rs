//! Reads one sensor, again and again, and publishes what can be believed.

#[cfg(test)]
mod tests;
mod together;

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use tokio::sync::{mpsc::UnboundedSender, watch};

pub use self::together::{by_pace, run_together};
use super::{
    Driver, Fault, Filter, Heard, OptionError, ReadError, Reads, SensorId, SensorTable, Value,
    Worth, breaker::Breaker, drivers, plausible, reader::Reader,
};
use crate::{clock::Clock, config::SensorSettings, hal::Hal};

/// Waits before the second and the third attempt of one turn.
const BACKOFF: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// One sensor's task. Samplers know nothing of each other: a dead sensor slows no other.
pub struct Sampler {
    table: SensorTable,
    clock: Clock,
    id: SensorId,
    reader: Reader,
    heard: Option<Heard>,
    filter: Filter,
    every: Duration,
    range: Option<(f64, f64)>,
    breaker: Breaker,
    counts: Option<UnboundedSender<Count>>,
}

/// What a meter has counted in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub sensor: Arc<str>,
    pub count: u64,
}

impl Sampler {
    /// The sampler of a `[[sensor]]`. Touches no hardware.
    ///
    /// # Errors
    /// A mistake in the site file.
    pub fn new(
        settings: &SensorSettings,
        hal: &Hal,
        table: &SensorTable,
        clock: &Clock,
        reads: Reads,
    ) -> Result<Self, OptionError> {
        let driver = drivers::build(settings, hal)?;
        Sampler::with_driver(settings, driver, table, clock, reads)
    }

    /// [`Sampler::new`] with a driver that is there already.
    pub fn with_driver(
        settings: &SensorSettings,
        mut driver: Box<dyn Driver>,
        table: &SensorTable,
        clock: &Clock,
        reads: Reads,
    ) -> Result<Self, OptionError> {
        if settings.every.is_zero() {
            return Err(OptionError::new("every", "`every` must be more than nothing"));
        }
        let id = table
            .id(&settings.name)
            .map_err(|error| OptionError::new("name", error.to_string()))?;
        table.declare_unit(id, driver.unit());
        let heard = driver.listen();
        Ok(Sampler {
            table: table.clone(),
            clock: clock.clone(),
            id,
            reader: Reader::new(driver, reads, clock.clone()),
            heard,
            filter: Filter::new(settings)?,
            every: settings.every,
            range: settings.range,
            breaker: Breaker::default(),
            counts: None,
        })
    }

    /// The sensor's name.
    pub fn sensor(&self) -> Arc<str> {
        self.table.name(self.id)
    }

    /// A meter goes on from what it had counted before the agent was started again.
    pub fn resume(&mut self, count: u64) {
        self.reader.resume(count);
    }

    /// Where a meter's counts go, to be kept for [`Sampler::resume`].
    pub fn send_counts(&mut self, counts: UnboundedSender<Count>) {
        self.counts = Some(counts);
    }

    /// Reads at once, and then at every multiple of `every` on the clock, until `stop` says true
    /// or its sender is gone. What the device says by itself is published in between.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let work = async {
            loop {
                self.sample().await;
                self.listen_until_next_turn().await;
            }
        };
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = work => {}
        }
        // What has come since the last turn must not be lost.
        if self.counts.is_some()
            && self.reader.count().is_some()
            && self.reader.read().await.is_ok()
        {
            self.send_count();
        }
    }

    /// Waits until it is to read again.
    pub async fn next_turn(&mut self) {
        let turn = self.turn_after(self.clock.monotonic());
        self.clock.sleep_to(turn).await;
    }

    /// One turn: reads, with two more attempts where they may help, and publishes the outcome.
    pub async fn sample(&mut self) {
        if let Err(miss) = self.attempt().await {
            self.try_again(miss).await;
        }
    }

    /// Reads once, and publishes what can be believed.
    async fn attempt(&mut self) -> Result<(), Miss> {
        let read = self.reader.read().await;
        self.send_count();
        match read {
            // Checked before smoothing too: an absurd value must not hide in a mean.
            Ok(raw) => match plausible(self.filter.calibrate(raw), self.range) {
                Ok(value) => {
                    let now = self.clock.monotonic();
                    let value = self.filter.settle(value, now);
                    self.tell(value, now);
                    Ok(())
                }
                Err(fault) => Err(Miss { fault, may_pass: true }),
            },
            Err(error) => Err(Miss { fault: failing(&error), may_pass: error.is_transient() }),
        }
    }

    /// The rest of a turn whose first attempt missed.
    async fn try_again(&mut self, mut miss: Miss) {
        for wait in BACKOFF {
            if !miss.may_pass {
                break;
            }
            self.clock.sleep(wait).await;
            match self.attempt().await {
                Ok(()) => return,
                Err(again) => miss = again,
            }
        }
        self.breaker.failed();
        self.filter.reset();
        self.table.publish_id(self.id, Err(miss.fault));
    }

    /// Publishes a settled value, unless the last one says as much.
    fn tell(&mut self, value: Value, now: Duration) {
        self.breaker.succeeded();
        let worth = self.filter.weigh(value, now);
        if worth == Worth::Publish || !self.table.confirm_id(self.id) {
            self.table.publish_id(self.id, Ok(value));
        }
    }

    fn send_count(&self) {
        if let (Some(counts), Some(count)) = (&self.counts, self.reader.count()) {
            // At the very end nobody keeps it any more.
            let _ = counts.send(Count { sensor: self.sensor(), count });
        }
    }

    async fn listen_until_next_turn(&mut self) {
        if self.heard.is_none() {
            return self.next_turn().await;
        }
        let clock = self.clock.clone();
        let turn = clock.sleep_to(self.turn_after(clock.monotonic()));
        tokio::pin!(turn);
        loop {
            let next = async {
                match &mut self.heard {
                    Some(heard) => heard.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = &mut turn => return,
                value = next => match value {
                    Some(raw) => self.hear(raw),
                    None => self.heard = None,
                },
            }
        }
    }

    /// Publishes what the device said by itself. Nothing can be read again here: what is not
    /// plausible waits for the next turn.
    fn hear(&mut self, raw: Value) {
        if let Ok(value) = plausible(self.filter.calibrate(raw), self.range) {
            let now = self.clock.monotonic();
            let value = self.filter.settle(value, now);
            self.tell(value, now);
        }
    }

    /// To the next multiple of the present pace, so that turns do not drift and a rehearsal always
    /// has them at the same moments.
    fn turn_after(&self, now: Duration) -> Duration {
        let pace = self.breaker.pace(self.every);
        // 64 bits hold 584 years of nanoseconds, and divide much faster than 128.
        let nanoseconds = |length: Duration| u64::try_from(length.as_nanos()).unwrap_or(u64::MAX);
        let past = Duration::from_nanos(nanoseconds(now) % nanoseconds(pace));
        now.saturating_sub(past).saturating_add(pace)
    }
}

/// An attempt that brought nothing.
struct Miss {
    fault: Fault,
    /// Whether another attempt may help.
    may_pass: bool,
}

fn failing(error: &ReadError) -> Fault {
    Fault::Failing { message: error.to_string() }
}
