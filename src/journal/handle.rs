//! Where the parts of the agent write what happened.

use std::{fmt, sync::Arc};

use super::{Entry, Event};
use crate::clock::Clock;

/// Takes entries as they come: prints, stores or collects them. Must not block.
pub type Sink = Box<dyn Fn(&Entry) + Send + Sync>;

/// Cheap to clone; all clones write to the same sinks, in the order of writing.
#[derive(Clone)]
pub struct Journal {
    clock: Clock,
    sinks: Arc<Vec<Sink>>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("sinks", &self.sinks.len()).finish()
    }
}

impl Journal {
    pub fn new(clock: Clock, sinks: Vec<Sink>) -> Self {
        Journal { clock, sinks: Arc::new(sinks) }
    }

    /// A journal by the same clock that nobody reads.
    pub fn silent(&self) -> Self {
        Journal { clock: self.clock.clone(), sinks: Arc::default() }
    }

    /// Something that belongs to one run of a watch.
    pub fn of_run(&self, script: &str, watch: &str, run: i64, event: Event) {
        self.write(script, watch, Some(run), event);
    }

    /// Something that happened to a watch outside of any run.
    pub fn of_watch(&self, script: &str, watch: &str, event: Event) {
        self.write(script, watch, None, event);
    }

    /// Something that belongs to a script as a whole, or (with an empty name) to the agent.
    pub fn note(&self, script: &str, event: Event) {
        self.write(script, "", None, event);
    }

    fn write(&self, script: &str, watch: &str, run: Option<i64>, event: Event) {
        let entry = Entry {
            at: self.clock.now(),
            script: script.to_owned(),
            watch: watch.to_owned(),
            run,
            event,
        };
        for sink in &*self.sinks {
            sink(&entry);
        }
    }
}
