//! One attempt to read a driver, which may block, hang or panic.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{Driver, ReadError, Value};
use crate::{
    clock::{Clock, format_duration},
    tasks,
};

/// Where drivers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// On tokio's blocking threads, with a time limit: for hardware.
    Beside,
    /// Right here, without a limit: for rehearsals, where drivers never wait and one thread at a
    /// time keeps the result deterministic.
    Inline,
}

pub(super) struct Reader {
    place: Place,
    limit: Duration,
    reads: Reads,
    clock: Clock,
}

enum Place {
    /// Ready to be read.
    Here(Box<dyn Driver>),
    /// On a blocking thread that has not come back.
    Away(JoinHandle<Attempt>),
    /// Lost: the runtime is being shut down.
    Gone,
}

type Attempt = (Box<dyn Driver>, Result<Value, ReadError>);

impl Reader {
    pub fn new(driver: Box<dyn Driver>, reads: Reads, clock: Clock) -> Self {
        let limit = driver.limit();
        Reader { place: Place::Here(driver), limit, reads, clock }
    }

    /// What the driver has counted, if it counts and is here.
    pub fn count(&self) -> Option<u64> {
        match &self.place {
            Place::Here(driver) => driver.count(),
            Place::Away(_) | Place::Gone => None,
        }
    }

    /// Hands the driver what it had counted before.
    pub fn resume(&mut self, count: u64) {
        if let Place::Here(driver) = &mut self.place {
            driver.resume(count);
        }
    }

    /// Reads once. While an earlier read hangs no second one is started: the device would get two
    /// conversations at a time, and the threads would run out.
    pub async fn read(&mut self) -> Result<Value, ReadError> {
        if matches!(self.place, Place::Away(_)) {
            // What comes back from a hung read is too old to be believed.
            self.returned().await?;
        }
        match std::mem::replace(&mut self.place, Place::Gone) {
            Place::Here(driver) if self.reads == Reads::Inline => {
                let (driver, outcome) = attempt(driver);
                self.place = Place::Here(driver);
                outcome
            }
            Place::Here(driver) => {
                // Set before the wait, so that nothing is lost if the wait is given up.
                self.place = Place::Away(tasks::spawn_blocking(|| attempt(driver)));
                self.returned().await
            }
            Place::Away(_) | Place::Gone => Err(lost()),
        }
    }

    /// Waits for the blocking thread, and takes the driver back from it.
    async fn returned(&mut self) -> Result<Value, ReadError> {
        let Place::Away(thread) = &mut self.place else { return Err(lost()) };
        match self.clock.timeout(self.limit, thread).await {
            Ok(Ok((driver, outcome))) => {
                self.place = Place::Here(driver);
                outcome
            }
            Ok(Err(_cancelled)) => {
                self.place = Place::Gone;
                Err(lost())
            }
            Err(_elapsed) => Err(ReadError::Permanent(format!(
                "the device hangs: no answer for {}; unplug it and plug it in again",
                format_duration(self.limit)
            ))),
        }
    }
}

fn attempt(mut driver: Box<dyn Driver>) -> Attempt {
    // A driver's bug must not take the driver away; the panic's own message is on stderr.
    let outcome = catch_unwind(AssertUnwindSafe(|| driver.read())).unwrap_or_else(|_panic| {
        Err(ReadError::Permanent("the driver has a bug and panicked: please report it".to_owned()))
    });
    (driver, outcome)
}

fn lost() -> ReadError {
    ReadError::Permanent("the agent is shutting down".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panicking(bool);

    impl Driver for Panicking {
        fn unit(&self) -> &str {
            ""
        }

        fn read(&mut self) -> Result<Value, ReadError> {
            assert!(std::mem::replace(&mut self.0, true), "this panic is part of the test");
            Ok(Value::Number(1.0))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_drivers_panic_does_not_take_the_driver_away() {
        for reads in [Reads::Beside, Reads::Inline] {
            let clock = Clock::simulated(chrono::DateTime::UNIX_EPOCH, 1.0);
            let mut reader = Reader::new(Box::new(Panicking(false)), reads, clock);
            assert!(reader.read().await.unwrap_err().to_string().contains("panicked"));
            assert_eq!(reader.read().await, Ok(Value::Number(1.0)));
        }
    }
}
