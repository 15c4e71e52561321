//! One loaded script: its thread, and what it declares.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::{
    Declarations, ScriptError, Source, Surroundings,
    context::TimerDesk,
    lane::{Ended, FromScript, Lane, Stamp, ToScript, lane},
    thread,
};
use crate::{
    config::Limits,
    plan::{Callback, Executor, Functions, Pipe, Report, Row, Run},
    switch::{Outcome, Ticket},
};

/// A loaded script. Its thread ends when the instance is dropped.
#[derive(Debug)]
pub struct Instance {
    pub declarations: Declarations,
    pub source: Source,
    lane: Lane,
}

/// What a handler's run came to.
#[derive(Debug)]
pub struct HandlerRun {
    pub ended: Ended,
    /// The last report: of the pipe that the handler returned, else of the last one that it ran.
    pub report: Option<Report>,
}

impl Instance {
    /// Loads a script on a thread of its own. `blocking`: the caller's thread stands still while
    /// the script computes, as a rehearsal needs it.
    ///
    /// # Errors
    /// The script's first mistake.
    pub async fn load(
        source: Source,
        around: Surroundings,
        limits: Limits,
        blocking: bool,
        timers: TimerDesk,
    ) -> Result<Self, Box<ScriptError>> {
        let (lane, end) = lane(blocking);
        let gone = |source: &Source, why: String| {
            Box::new(ScriptError::new(&source.file, &source.text, why))
        };
        thread::spawn(source.clone(), around, limits, end, timers)
            .map_err(|error| gone(&source, format!("its thread could not be started: {error}")))?;
        match lane.answer().await {
            Ok(FromScript::Loaded(Ok(declarations))) => Ok(Instance { declarations, source, lane }),
            Ok(FromScript::Loaded(Err(error))) => Err(error),
            Ok(_) | Err(_) => Err(gone(&source, "its thread ended while it was loaded".into())),
        }
    }

    /// Runs a function of the script as a handler, and the pipes that it asks for.
    pub async fn fire(
        &self,
        function: &Callback,
        event: serde_json::Value,
        run: &Run,
        executor: &Executor,
    ) -> HandlerRun {
        let stamp = Stamp { watch: run.watch.to_string(), run: Some(run.id), by: run.by };
        let fire = ToScript::Fire { function: function.clone(), event, stamp };
        self.handle(fire, run, executor).await
    }

    /// Evaluates an expression as if it stood in a handler.
    pub async fn eval(&self, expression: &str, run: &Run, executor: &Executor) -> HandlerRun {
        self.handle(ToScript::Eval { expression: expression.to_owned() }, run, executor).await
    }

    /// The coroutine's async half: carries out what the handler asks for until it is done.
    async fn handle(&self, start: ToScript, run: &Run, executor: &Executor) -> HandlerRun {
        let mut message = start;
        let mut report = None;
        loop {
            message = match self.lane.exchange(message).await {
                Ok(FromScript::Run { pipe, saw }) => {
                    run.is_about(saw.iter().map(String::as_str));
                    let result = executor.execute(run, &pipe).await;
                    report = Some(result.clone());
                    ToScript::Report(result)
                }
                Ok(FromScript::Look(hosts)) => {
                    let looks = hosts.iter().map(|host| async {
                        let power = executor.probe(host).await;
                        (host.name.to_string(), power.map_err(|failure| failure.message))
                    });
                    ToScript::Seen(futures::future::join_all(looks).await)
                }
                Ok(FromScript::Done(mut ended)) => {
                    let returned =
                        ended.result.as_mut().ok().and_then(|outcome| outcome.pipe.take());
                    if let Some(pipe) = returned {
                        run.is_about(ended.saw.iter().map(|(name, _)| name.as_str()));
                        report = Some(executor.execute(run, &pipe).await);
                    }
                    return HandlerRun { ended, report };
                }
                Ok(_) | Err(_) => {
                    return HandlerRun { ended: Ended::thread_gone(&self.source), report };
                }
            };
        }
    }
}

/// The functions of a loaded script, for the pipes of one run.
#[derive(Debug)]
pub struct RunFunctions {
    pub instance: Arc<Instance>,
    pub reply: Mutex<Option<(String, bool)>>,
    /// The switch that was asked, which the answer settles.
    ticket: Option<Ticket>,
}

impl RunFunctions {
    pub fn new(instance: Arc<Instance>, ticket: Option<Ticket>) -> Self {
        RunFunctions { instance, reply: Mutex::default(), ticket }
    }
}

#[async_trait]
impl Functions for RunFunctions {
    async fn keeps(&self, function: &Callback, row: &Row) -> Result<bool, String> {
        let ask = ToScript::Keeps { function: function.clone(), row: row.clone() };
        match self.instance.lane.exchange(ask).await {
            Ok(FromScript::Kept(kept)) => kept,
            Ok(_) | Err(_) => Err("the script's thread has ended".into()),
        }
    }

    async fn pipe_for(&self, function: &Callback, host: &str) -> Result<Pipe, String> {
        let ask = ToScript::PipeFor { function: function.clone(), host: host.to_owned() };
        match self.instance.lane.exchange(ask).await {
            Ok(FromScript::PipeIs(pipe)) => pipe,
            Ok(_) | Err(_) => Err("the script's thread has ended".into()),
        }
    }

    fn reply(&self, text: &str, ok: bool) {
        let mut reply = self.reply.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *reply = Some((text.to_owned(), ok));
        if let Some(ticket) = &self.ticket {
            ticket.settle(if ok { Outcome::Fulfilled } else { Outcome::Failed });
        }
    }
}
