//! An engine that knows every word, on a script's behalf.

use std::sync::Arc;

use rhai::Engine;

use super::{
    Source, Surroundings, api,
    context::Context,
    engine::{Budget, ScriptsFolder, base_engine},
    lane::lane,
};
use crate::config::Limits;

/// For those who only look: its timers go nowhere, and nobody answers it.
pub(super) fn vocabulary(source: &Source, around: Surroundings, limits: &Limits) -> Engine {
    let mut engine = base_engine(limits, &source.folder);
    ScriptsFolder::install(&mut engine, &source.folder, &api::names());
    let budget = Budget::install(&mut engine, limits);
    let (timers, _) = tokio::sync::mpsc::unbounded_channel();
    let (_, end) = lane(false);
    let context = Arc::new(Context::new(source.name.clone(), around, end, budget, timers));
    api::register(&mut engine, &context);
    engine
}
