//! One run of a handler, from its beginning to its end.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError},
};

use futures::FutureExt;
use tokio::sync::oneshot;

use super::{Station, command::Fired};
use crate::{
    journal::Event,
    plan::{Handler, Origin, Report, Run},
    script::{Instance, ScriptError, context::Absence, instance::RunFunctions},
    switch::{Outcome, Ticket},
};

/// A handler that is to be run.
pub struct Job {
    /// In the store.
    pub id: i64,
    pub script: Arc<str>,
    pub watch: Arc<str>,
    pub handler: Handler,
    pub cause: String,
    /// The same over restarts.
    pub event_id: String,
    /// What a function with one argument is given.
    pub event: serde_json::Value,
    pub by: Origin,
    pub purpose: Purpose,
    pub waiting: Option<oneshot::Sender<Result<Fired, String>>>,
}

/// What a run is for, beside what it does.
#[derive(Debug)]
pub enum Purpose {
    Watch,
    /// The switch shows what becomes of it.
    Switch(Ticket),
    /// Asks a switch's `state`. Nobody reads of that in the journal.
    Look {
        switch: String,
        ticket: Option<Ticket>,
        otherwise: Option<Outcome>,
    },
}

/// A run that is over.
pub struct Finished {
    pub id: i64,
    pub watch: Arc<str>,
    pub was_function: bool,
    pub trouble: Option<Trouble>,
    pub purpose: Purpose,
    /// Neither a mistake nor a failed host.
    pub ok: bool,
    /// What the function returned, where that is a number or true or false.
    pub value: Option<serde_json::Value>,
}

/// What went wrong in the handler itself; hosts that failed stand in the report.
pub enum Trouble {
    /// A sensor that it needs has no believed value: no fault of the script's.
    SensorGone(Absence),
    Mistake(String),
}

struct CameToThis {
    report: Option<Report>,
    saw: Vec<(String, String)>,
    error: Option<(Trouble, String)>,
    value: Option<serde_json::Value>,
}

/// Runs the job and says how it ended. A panic on the way is a mistake like any other.
pub async fn perform(mut job: Job, instance: Arc<Instance>, station: Station) -> Finished {
    let was_function = matches!(job.handler, Handler::Function(_));
    let (id, watch) = (job.id, job.watch.clone());
    let waiting = job.waiting.take();
    let purpose = std::mem::replace(&mut job.purpose, Purpose::Watch);
    let clock = station.around.clock.clone();
    let journal = match purpose {
        Purpose::Look { .. } => station.around.journal.silent(),
        _ => station.around.journal.clone(),
    };
    let ticket = match &purpose {
        Purpose::Switch(ticket) => Some(ticket.clone()),
        _ => None,
    };
    journal.of_run(&job.script, &watch, id, Event::Fired { cause: job.cause.clone() });
    let functions = Arc::new(RunFunctions::new(instance.clone(), ticket));
    let run = Run::new(
        id,
        (job.script.clone(), watch.clone()),
        job.cause.clone(),
        job.event_id.clone(),
        functions.clone(),
    )
    .begun_by(job.by)
    .of_critical(is_critical(&instance, &watch));
    run.is_about(job.event["sensor"].as_str());
    let began = clock.monotonic();
    let came =
        AssertUnwindSafe(carry_out(&mut job, &instance, &run, &station)).catch_unwind().await;
    let came = came.unwrap_or_else(|panic| {
        let message = crate::script::diagnostics::panic_text(&*panic);
        CameToThis {
            report: None,
            saw: Vec::new(),
            error: Some((Trouble::Mistake(message.clone()), message)),
            value: None,
        }
    });
    let seconds = (clock.monotonic() - began).as_secs_f64();
    let (trouble, message) = came.error.unzip();
    let ok = trouble.is_none() && came.report.as_ref().is_none_or(Report::is_ok);
    if let Some(message) = &message {
        journal.of_run(&job.script, &watch, id, Event::Failed { message: message.clone() });
    }
    let ended = Event::Ended { report: came.report.clone(), saw: came.saw, seconds };
    journal.of_run(&job.script, &watch, id, ended);
    if let Some(waiting) = waiting {
        let reply = functions.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reply = reply.map(|(text, _)| text);
        // Whoever waited may have gone away.
        let _ = waiting.send(Ok(Fired { report: came.report, reply, error: message, seconds }));
    }
    Finished { id, watch, was_function, trouble, purpose, ok, value: came.value }
}

fn is_critical(instance: &Instance, watch: &str) -> bool {
    let watches = &instance.declarations.watches;
    watches.iter().any(|each| each.name == watch && each.when.critical)
}

async fn carry_out(
    job: &mut Job,
    instance: &Arc<Instance>,
    run: &Run,
    station: &Station,
) -> CameToThis {
    let function = match &job.handler {
        Handler::Pipe(pipe) => {
            let report = station.executor.execute(run, pipe).await;
            return CameToThis { report: Some(report), saw: Vec::new(), error: None, value: None };
        }
        Handler::Function(function) => function,
    };
    let handled = instance.fire(function, job.event.take(), run, &station.executor).await;
    let value = handled.ended.result.as_ref().ok().and_then(|outcome| outcome.value.clone());
    let error = handled.ended.result.err().map(|failed| {
        match failed.gone {
            // No fault of the script's: there is no line of it to look at.
            Some(absence) => {
                let text = failed.error.message.clone();
                (Trouble::SensorGone(absence), text)
            }
            None => {
                let text = text_of(&failed.error);
                (Trouble::Mistake(failed.error.message), text)
            }
        }
    });
    CameToThis { report: handled.report, saw: handled.ended.saw, error, value }
}

fn text_of(error: &ScriptError) -> String {
    error.to_text().trim_end().to_owned()
}
