//! One watch or one expression, run once beside the actors: for `eval` and for dry runs.

use std::sync::{Arc, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::{
    Instance, ScriptError, Source,
    actor::{Fired, Job, Purpose, Station, perform},
    instance::RunFunctions,
};
use crate::{
    config::Limits,
    plan::{Origin, Run},
    store::{NewRun, StoreError},
};

/// Loads a script. What it sets a timer for would never come, so it may set none.
///
/// # Errors
/// The script's mistake, as text.
pub async fn load(source: Source, station: &Station, limits: &Limits) -> Result<Instance, String> {
    let (timers, _closed) = mpsc::unbounded_channel();
    Instance::load(source, station.around.clone(), limits.clone(), false, timers)
        .await
        .map_err(|mistake| mistake.to_text())
}

/// Runs a watch's handler in an instance of its own.
///
/// # Errors
/// When the script cannot be loaded, or has no such watch.
pub async fn fire(
    source: Source,
    station: &Station,
    limits: &Limits,
    watch: &str,
) -> Result<Fired, String> {
    let instance = Arc::new(load(source, station, limits).await?);
    fire_loaded(&instance, station, watch).await
}

/// Runs the handler of a watch, or of a switch, in an instance that is there already.
///
/// # Errors
/// When the script has neither.
pub async fn fire_loaded(
    instance: &Arc<Instance>,
    station: &Station,
    watch: &str,
) -> Result<Fired, String> {
    let declared = &instance.declarations;
    let watches = declared.watches.iter().map(|each| (&each.name, Some(&each.began)));
    let switches = declared.switches.iter().map(|each| (&each.name, each.fired()));
    let found = watches.chain(switches).find(|(name, _)| *name == watch);
    let Some((_, Some(handler))) = found else {
        return Err(format!("{} has no watch \"{watch}\"", instance.source.name));
    };
    let script = instance.source.name.clone();
    let (id, event_id) = begin(station, &script, watch).await.map_err(|error| error.to_string())?;
    let (waiting, answer) = oneshot::channel();
    let job = Job {
        id,
        script,
        watch: watch.into(),
        handler: handler.clone(),
        cause: "by hand".into(),
        event_id,
        event: json!({ "watch": watch, "cause": "by hand" }),
        by: Origin::Hand,
        purpose: Purpose::Watch,
        waiting: Some(waiting),
    };
    perform(job, instance.clone(), station.clone()).await;
    let ended = station.around.store.end_run(id).await;
    ended.map_err(|error| error.to_string())?;
    answer.await.unwrap_or_else(|_| Err("the run gave no answer".into()))
}

/// What an expression came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evaluated {
    /// What it printed on the way.
    pub printed: Vec<String>,
    /// The value as text; empty where there is none.
    pub text: String,
    pub run: Fired,
    /// The mistake in the expression, with its place.
    pub mistake: Option<Box<ScriptError>>,
}

/// Evaluates an expression as if it stood in a handler; variables last as long as the instance.
///
/// # Errors
/// When the store does not take the run.
pub async fn eval(
    instance: &Arc<Instance>,
    station: &Station,
    expression: &str,
) -> Result<Evaluated, StoreError> {
    let script = instance.source.name.clone();
    let (id, event_id) = begin(station, &script, "eval").await?;
    let functions = Arc::new(RunFunctions::new(instance.clone(), None));
    let named = (script, "eval".into());
    let run = Run::new(id, named, "by hand".into(), event_id, functions.clone());
    let run = run.begun_by(Origin::Hand);
    let began = station.around.clock.monotonic();
    let handled = instance.eval(expression, &run, &station.executor).await;
    let seconds = (station.around.clock.monotonic() - began).as_secs_f64();
    station.around.store.end_run(id).await?;
    let printed = handled.ended.printed;
    let (text, mistake) = match handled.ended.result {
        Ok(outcome) => (outcome.text, None),
        Err(failed) => (String::new(), Some(failed.error)),
    };
    let error = mistake.as_ref().map(|mistake| mistake.to_text());
    let reply = functions.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
    let reply = reply.map(|(text, _)| text);
    let run = Fired { report: handled.report, reply, error, seconds };
    Ok(Evaluated { printed, text, run, mistake })
}

async fn begin(station: &Station, script: &str, watch: &str) -> Result<(i64, String), StoreError> {
    let at = station.around.clock.now();
    let event_id = format!("{script}.{watch}.hand.{}", at.timestamp_millis());
    let run = NewRun {
        script: script.to_owned(),
        watch: watch.to_owned(),
        cause: "by hand".into(),
        event_id: event_id.clone(),
        handler_kind: "hand".into(),
        handler: None,
        at,
    };
    Ok((station.around.store.begin_run(run).await?, event_id))
}
