//! Reads one sensor, again and again, and publishes what can be believed.

use std::time::Duration;

use tokio::sync::watch;

use super::{
    Driver, Fault, Filter, OptionError, ReadError, Reads, SensorId, SensorTable, Value,
    breaker::Breaker, drivers, plausible, reader::Reader,
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
    filter: Filter,
    every: Duration,
    range: Option<(f64, f64)>,
    breaker: Breaker,
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
        driver: Box<dyn Driver>,
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
        Ok(Sampler {
            table: table.clone(),
            clock: clock.clone(),
            id,
            reader: Reader::new(driver, reads, clock.clone()),
            filter: Filter::new(settings)?,
            every: settings.every,
            range: settings.range,
            breaker: Breaker::default(),
        })
    }

    /// Reads at once, and then at every multiple of `every` on the clock, until `stop` says true
    /// or its sender is gone.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let work = async {
            loop {
                self.sample().await;
                self.clock.sleep(self.until_next_turn()).await;
            }
        };
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = work => {}
        }
    }

    /// One turn: reads, with two more attempts where they may help, and publishes the outcome.
    pub async fn sample(&mut self) {
        let outcome = self.measure().await;
        match &outcome {
            Ok(_) => self.breaker.succeeded(),
            Err(_) => {
                self.breaker.failed();
                self.filter.reset();
            }
        }
        self.table.publish_id(self.id, outcome);
    }

    async fn measure(&mut self) -> Result<Value, Fault> {
        let mut backoff = BACKOFF.iter();
        loop {
            let (fault, retry) = match self.reader.read().await {
                // Checked before smoothing too: an absurd value must not hide in a mean.
                Ok(raw) => match plausible(self.filter.calibrate(raw), self.range) {
                    Ok(value) => return Ok(self.filter.smooth(value)),
                    Err(fault) => (fault, true),
                },
                Err(error) => (failing(&error), error.is_transient()),
            };
            match backoff.next() {
                Some(wait) if retry => self.clock.sleep(*wait).await,
                _ => return Err(fault),
            }
        }
    }

    /// To the next multiple of the present pace, so that turns do not drift and a rehearsal always
    /// has them at the same moments.
    fn until_next_turn(&self) -> Duration {
        let pace = self.breaker.pace(self.every);
        let past = self.clock.monotonic().as_nanos() % pace.as_nanos();
        pace - Duration::from_nanos(u64::try_from(past).unwrap_or(u64::MAX)).min(pace)
    }
}

fn failing(error: &ReadError) -> Fault {
    Fault::Failing { message: error.to_string() }
}
