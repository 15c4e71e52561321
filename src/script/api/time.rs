//! The time of day, on the agent's clock.

use std::sync::Arc;

use chrono::{Datelike, Timelike};
use rhai::{Dynamic, Engine, Map, NativeCallContext};

use crate::script::context::{Context, Fallible};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn("now", move |ctx: NativeCallContext| {
        here.in_handler(&ctx, |_| ())?;
        let now = here.around.clock.now().with_timezone(&here.around.calendar.timezone);
        let fields = [
            ("year", i64::from(now.year())),
            ("month", i64::from(now.month())),
            ("day", i64::from(now.day())),
            ("hour", i64::from(now.hour())),
            ("minute", i64::from(now.minute())),
            ("weekday", i64::from(now.weekday().number_from_monday())),
            ("unix", now.timestamp()),
        ];
        let map: Map =
            fields.into_iter().map(|(name, value)| (name.into(), Dynamic::from(value))).collect();
        Fallible::Ok(map)
    });
}
