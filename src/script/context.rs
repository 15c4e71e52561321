//! What the vocabulary's functions stand on: one context for each loaded script.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{EvalAltResult, NativeCallContext};

use super::{
    declarations::Declarations,
    diagnostics::vocabulary_error,
    engine::Budget,
    lane::{Stamp, ThreadEnd},
    values::UnusedPipes,
};
use crate::{
    clock::{Calendar, Clock},
    cost::CostTable,
    host::{Interruptions, Inventory},
    journal::{Event, Journal},
    mqtt::Bus,
    plan::Place,
    sensor::SensorTable,
    store::Store,
};

pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// The agent, as scripts see it.
#[derive(Clone)]
pub struct Surroundings {
    pub clock: Clock,
    pub calendar: Calendar,
    pub sensors: SensorTable,
    pub hosts: Arc<Inventory>,
    /// What an hour costs here and there.
    pub costs: CostTable,
    /// Machines that are taken back.
    pub interruptions: Interruptions,
    /// The names of the board's outputs.
    pub outputs: Arc<[Arc<str>]>,
    /// The names of the networks that may be looked at.
    pub networks: Arc<[Arc<str>]>,
    pub store: Store,
    pub journal: Journal,
    /// Where `message` triggers listen; `None` where no broker is, as in a rehearsal.
    pub bus: Option<Bus>,
}

/// One loaded script.
pub struct Context {
    pub script: Arc<str>,
    pub around: Surroundings,
    pub lane: ThreadEnd,
    pub budget: Arc<Budget>,
    pub unused: UnusedPipes,
    pub timers: TimerDesk,
    pub declared: Mutex<Declarations>,
    /// What runs now; `None` while the top level is being run.
    moment: Mutex<Option<Moment>>,
}

/// How the vocabulary tells the script's actor that a timer was set or taken back.
pub type TimerDesk = tokio::sync::mpsc::UnboundedSender<TimerChange>;

#[derive(Debug)]
pub enum TimerChange {
    Set(crate::store::Timer),
    Cancel(String),
}

/// The handler that is running.
#[derive(Debug, Default)]
pub struct Moment {
    pub stamp: Stamp,
    /// What `print` says to whoever asked at a prompt; `None`: it goes to the journal.
    pub printed: Option<Vec<String>>,
    /// Sensors looked at, with what was seen.
    pub saw: Vec<(String, String)>,
    /// The sensor that had no believed value.
    pub gone: Option<Absence>,
}

/// A sensor without a believed value, and why it has none.
#[derive(Clone, Debug)]
pub struct Absence {
    pub sensor: String,
    pub why: String,
}

impl Moment {
    /// A watch, a timer or a switch has its turn.
    pub fn of(stamp: Stamp) -> Self {
        Moment { stamp, ..Moment::default() }
    }

    /// Somebody asks at a prompt.
    pub fn asked() -> Self {
        Moment { printed: Some(Vec::new()), ..Moment::default() }
    }
}

impl Context {
    pub fn new(
        script: Arc<str>,
        around: Surroundings,
        lane: ThreadEnd,
        budget: Arc<Budget>,
        timers: TimerDesk,
    ) -> Self {
        Context {
            script,
            around,
            lane,
            budget,
            timers,
            unused: UnusedPipes::default(),
            declared: Mutex::default(),
            moment: Mutex::default(),
        }
    }

    pub fn declared(&self) -> MutexGuard<'_, Declarations> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn moment(&self) -> MutexGuard<'_, Option<Moment>> {
        self.moment.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on a handler runs.
    pub fn enter(&self, moment: Moment) {
        *self.moment() = Some(moment);
    }

    pub fn print(&self, text: &str) {
        match self.moment().as_mut().and_then(|moment| moment.printed.as_mut()) {
            Some(printed) => printed.push(text.to_owned()),
            None => {
                let note = Event::Note { text: text.to_owned() };
                self.around.journal.note(&self.script, note);
            }
        }
    }

    /// The handler is over; what it left behind.
    pub fn leave(&self) -> Moment {
        self.moment().take().unwrap_or_default()
    }

    /// Changes the running handler's notes.
    ///
    /// # Errors
    /// When the top level is being run: there, a script only declares.
    pub fn in_handler<T>(
        &self,
        ctx: &NativeCallContext,
        change: impl FnOnce(&mut Moment) -> T,
    ) -> Fallible<T> {
        match &mut *self.moment() {
            Some(moment) => Ok(change(moment)),
            None => Err(vocabulary_error(
                format!("`{}` works only inside a handler", ctx.fn_name()),
                Some(
                    "a script's top level only declares; put this into a watch's handler"
                        .to_owned(),
                ),
                ctx.call_position(),
            )),
        }
    }

    /// Where the vocabulary was called.
    pub fn place(&self, ctx: &NativeCallContext) -> Place {
        let position = ctx.call_position();
        Place {
            script: self.script.to_string(),
            line: position.line().unwrap_or(0),
            column: position.position().unwrap_or(0),
        }
    }

    /// An error of the vocabulary's, at the place of the call.
    pub fn error<T>(
        &self,
        ctx: &NativeCallContext,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Fallible<T> {
        Err(vocabulary_error(message, help, ctx.call_position()))
    }
}
