//! The lane between a script's thread and the async side.
//!
//! A handler is a coroutine: the script's engine lives on a plain thread, and exactly one of the two
//! sides is active at a time. The async side hands the thread something ([`ToScript`]) and gets
//! exactly one thing back ([`FromScript`]): what the handler asks for next, or that it is done.
//!
//! Live, the async side awaits that answer. In a rehearsal it *blocks* its single thread on it, so
//! that virtual time stands still while the script computes, and the result is deterministic.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{
    StreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    executor::block_on,
};

use super::{ScriptError, context::Absence, declarations::Declarations};
use crate::{
    host::Host,
    plan::{Callback, Origin, Pipe, Power, Report, Row},
};

/// From the async side to the script's thread.
#[derive(Debug)]
pub enum ToScript {
    /// Run a handler's function.
    Fire { function: Callback, event: serde_json::Value, stamp: Stamp },
    /// What came of the pipe that the handler asked to run.
    Report(Report),
    /// What came of a look at hosts.
    Seen(Vec<(String, Result<Power, String>)>),
    /// Ask the function of a `pick`.
    Keeps { function: Callback, row: Row },
    /// Ask the function of a `one_by_one`.
    PipeFor { function: Callback, host: String },
    /// Evaluate an expression as if it stood in a handler.
    Eval { expression: String },
}

/// Whose handler runs, for the journal and for messages.
#[derive(Clone, Debug, Default)]
pub struct Stamp {
    pub watch: String,
    pub run: Option<i64>,
    pub by: Origin,
}

/// From the script's thread to the async side.
#[derive(Debug)]
pub enum FromScript {
    Loaded(Result<Declarations, Box<ScriptError>>),
    /// The handler waits for this pipe's report.
    Run {
        pipe: Pipe,
        /// What it has looked at so far.
        saw: Vec<String>,
    },
    /// The handler waits to know whether these hosts are up.
    Look(Vec<Arc<Host>>),
    Done(Ended),
    Kept(Result<bool, String>),
    PipeIs(Result<Pipe, String>),
}

/// How a handler ended.
#[derive(Debug)]
pub struct Ended {
    pub result: Result<Outcome, HandlerError>,
    /// The sensors that it looked at, with what it saw.
    pub saw: Vec<(String, String)>,
    /// What an expression printed for whoever asked.
    pub printed: Vec<String>,
}

impl Ended {
    /// The thread went away in the middle.
    pub fn thread_gone(source: &super::Source) -> Self {
        let error = Box::new(ScriptError::new(&source.file, &source.text, Gone.to_string()));
        Ended::before_it_began(error)
    }

    /// Nothing could be run.
    pub fn before_it_began(error: Box<ScriptError>) -> Self {
        let error = HandlerError { error, gone: None };
        Ended { result: Err(error), saw: Vec::new(), printed: Vec::new() }
    }
}

#[derive(Debug, Default)]
pub struct Outcome {
    /// A pipe that the handler returned is run.
    pub pipe: Option<Pipe>,
    /// The handler's value as text, for `eval`; empty where there is none.
    pub text: String,
    /// The same, where it is a number or true or false.
    pub value: Option<serde_json::Value>,
}

#[derive(Debug)]
pub struct HandlerError {
    pub error: Box<ScriptError>,
    /// The sensor whose absence stopped the handler: no fault of the script's.
    pub gone: Option<Absence>,
}

/// The async side's end.
#[derive(Debug)]
pub struct Lane {
    to: UnboundedSender<ToScript>,
    /// Who has it has the turn: one exchange at a time.
    from: tokio::sync::Mutex<UnboundedReceiver<FromScript>>,
    /// Blocks the async thread while the script computes.
    blocking: bool,
}

/// The script thread's end.
#[derive(Debug)]
pub struct ThreadEnd {
    to: Mutex<UnboundedReceiver<ToScript>>,
    from: UnboundedSender<FromScript>,
}

/// The script's thread is gone.
#[derive(Debug, thiserror::Error)]
#[error("the script's thread has ended")]
pub struct Gone;

pub fn lane(blocking: bool) -> (Lane, ThreadEnd) {
    let (to, to_script) = unbounded();
    let (from_script, from) = unbounded();
    (
        Lane { to, from: tokio::sync::Mutex::new(from), blocking },
        ThreadEnd { to: Mutex::new(to_script), from: from_script },
    )
}

impl Lane {
    /// Hands something to the thread and returns what it answers.
    pub async fn exchange(&self, message: ToScript) -> Result<FromScript, Gone> {
        let mut from = self.from.lock().await;
        self.to.unbounded_send(message).map_err(|_| Gone)?;
        self.next(&mut from).await
    }

    /// The thread's first word: what the script declares.
    pub async fn answer(&self) -> Result<FromScript, Gone> {
        self.next(&mut *self.from.lock().await).await
    }

    async fn next(&self, from: &mut UnboundedReceiver<FromScript>) -> Result<FromScript, Gone> {
        let next = if self.blocking { block_on(from.next()) } else { from.next().await };
        next.ok_or(Gone)
    }
}

impl ThreadEnd {
    /// Waits for work; `None` once the async side has gone.
    pub fn receive(&self) -> Option<ToScript> {
        // Nobody but the script's thread takes it.
        block_on(self.to.lock().unwrap_or_else(PoisonError::into_inner).next())
    }

    /// False once the async side has gone.
    pub fn send(&self, message: FromScript) -> bool {
        self.from.unbounded_send(message).is_ok()
    }
}
