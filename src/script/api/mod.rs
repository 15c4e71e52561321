//! The vocabulary: one file a subject, which registers and translates, and decides nothing.

mod convert;
mod costs;
mod interruptions;
mod outputs;
mod pipes;
mod placing;
mod schedules;
mod select;
mod sensors;
mod state;
mod tell;
mod time;
mod timers;
mod triggers;
mod verbs;
mod watch;
mod wemo;
pub mod words;

use std::sync::Arc;

use rhai::Engine;

pub use self::schedules::{from_text as schedule_from_text, names};
use super::context::Context;

/// Teaches the engine every word.
pub fn register(engine: &mut Engine, context: &Arc<Context>) {
    select::register(engine, context);
    verbs::register(engine, context);
    outputs::register(engine, context);
    tell::register(engine, context);
    pipes::register(engine, context);
    schedules::register(engine, context);
    triggers::register(engine, context);
    watch::register(engine, context);
    wemo::register(engine, context);
    sensors::register(engine, context);
    costs::register(engine, context);
    placing::register(engine, context);
    interruptions::register(engine, context);
    state::register(engine, context);
    timers::register(engine, context);
    time::register(engine, context);
}
