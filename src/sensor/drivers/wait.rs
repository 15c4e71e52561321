//! Drivers block; what they ask over the network is asynchronous. This is the bridge.

use std::{future::Future, time::Duration};

use serde::{Deserialize, Deserializer, de};
use tokio::runtime::{Builder, Handle};

use crate::{
    clock::{format_duration, parse_duration},
    sensor::ReadError,
};

/// Runs a conversation to its end, or says that it took too long. To be called from a thread that
/// may block, never from an asynchronous task.
pub(super) fn wait<T>(
    limit: Duration,
    conversation: impl Future<Output = Result<T, ReadError>>,
) -> Result<T, ReadError> {
    let limited = async {
        match tokio::time::timeout(limit, conversation).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => {
                let limit = format_duration(limit);
                Err(ReadError::Transient(format!("no answer within {limit}")))
            }
        }
    };
    match Handle::try_current() {
        Ok(runtime) => runtime.block_on(limited),
        Err(_no_runtime) => {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| {
                ReadError::Permanent(format!("the system gives no event queue: {error}"))
            })?;
            runtime.block_on(limited)
        }
    }
}

/// How long a driver waits for its answer; what `timeout = "…"` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience(pub Duration);

/// A sensor that takes longer is none.
const LONGEST: Duration = Duration::from_secs(300);

impl Default for Patience {
    fn default() -> Self {
        Patience(Duration::from_secs(5))
    }
}

impl Patience {
    /// When the sampler gives the whole read up: later than the driver itself.
    pub fn limit(self) -> Duration {
        self.0 + Duration::from_secs(5)
    }
}

impl<'de> Deserialize<'de> for Patience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match parse_duration(&text).map_err(de::Error::custom)? {
            time if time.is_zero() || time > LONGEST => {
                Err(de::Error::custom("takes more than nothing and at most 5m"))
            }
            time => Ok(Patience(time)),
        }
    }
}
