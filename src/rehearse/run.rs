//! A rehearsal from its first moment to its last, on a thread of its own.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};

use super::{Audience, Closet, Recording, RehearseError, Scenario, Stage};
use crate::{config::Site, script::Source};

/// What is rehearsed.
pub struct Rehearsal {
    pub site: Site,
    pub scenario: Scenario,
    pub scripts: Vec<Source>,
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub recording: Option<Arc<Recording>>,
}

/// What a rehearsal came to, beside what its audience saw.
pub struct Outcome {
    /// As it is at the end.
    pub closet: Closet,
    /// How long it took in reality.
    pub took: Duration,
    pub readings: u64,
}

impl Rehearsal {
    /// Runs it. The audience sees everything that would have happened, in its order.
    ///
    /// # Errors
    /// Whatever keeps it from beginning: scripts with mistakes above all.
    pub fn run(self, audience: Arc<Mutex<dyn Audience>>) -> Result<Outcome, RehearseError> {
        let thread = std::thread::Builder::new()
            .name("rehearsal".into())
            .spawn(move || self.perform(audience))
            .map_err(RehearseError::Thread)?;
        thread.join().unwrap_or_else(|panic| {
            let text = crate::script::diagnostics::panic_text(&*panic);
            Err(RehearseError::Panicked(text))
        })
    }

    fn perform(self, audience: Arc<Mutex<dyn Audience>>) -> Result<Outcome, RehearseError> {
        let began = Instant::now();
        let Rehearsal { site, scenario, scripts, start, end, recording } = self;
        let mut stage = Stage::new(site, &scenario, scripts, start, audience)?;
        stage.recording = recording;
        stage.live(end)?;
        Ok(Outcome { closet: stage.closet, took: began.elapsed(), readings: stage.readings })
    }
}
