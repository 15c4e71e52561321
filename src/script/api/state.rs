//! What a script remembers.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::script::context::{Context, Fallible};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn(
        "remember",
        move |ctx: NativeCallContext, key: ImmutableString, value: Dynamic| {
            remember(&here, &ctx, &key, &value)
        },
    );
    let here = context.clone();
    engine.register_fn(
        "recall",
        move |ctx: NativeCallContext, key: ImmutableString, default: Dynamic| {
            recall(&here, &ctx, &key, default)
        },
    );
}

fn remember(here: &Context, ctx: &NativeCallContext, key: &str, value: &Dynamic) -> Fallible<()> {
    here.in_handler(ctx, |_| ())?;
    let Ok(json) = rhai::serde::from_dynamic::<serde_json::Value>(value) else {
        let message = format!(
            "`remember(\"{key}\", …)` keeps numbers, text, true and false, arrays and maps"
        );
        return here.error(ctx, message, None);
    };
    let _waiting = here.budget.waiting();
    here.around
        .store
        .remember(&here.script, key, &json)
        .wait()
        .or_else(|error| here.error(ctx, format!("\"{key}\" could not be kept: {error}"), None))
}

fn recall(
    here: &Context,
    ctx: &NativeCallContext,
    key: &str,
    default: Dynamic,
) -> Fallible<Dynamic> {
    here.in_handler(ctx, |_| ())?;
    let _waiting = here.budget.waiting();
    match here.around.store.recall(&here.script, key).wait() {
        Ok(Some(json)) => rhai::serde::to_dynamic(json),
        Ok(None) => Ok(default),
        Err(error) => here.error(ctx, format!("\"{key}\" could not be read: {error}"), None),
    }
}
