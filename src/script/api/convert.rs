//! From the engine's values to the plan's, with errors that say what was expected.

use std::{sync::Arc, time::Duration};

use rhai::{Dynamic, FnPtr, NativeCallContext};

use crate::{
    clock::parse_duration,
    plan::{Callback, Handler},
    script::{
        context::{Context, Fallible},
        engine::StoredFunction,
        values::PipeValue,
    },
};

impl Context {
    /// `"5m"` as a duration.
    pub(super) fn duration(&self, ctx: &NativeCallContext, text: &str) -> Fallible<Duration> {
        parse_duration(text).or_else(|error| self.error(ctx, error.to_string(), None))
    }

    /// A function of the script's, kept for later.
    pub(super) fn callback(&self, ctx: &NativeCallContext, function: FnPtr) -> Callback {
        let stored = StoredFunction::new(ctx, function);
        Callback { name: stored.name().map(str::to_owned), function: Some(Arc::new(stored)) }
    }

    /// A handler is a function or a pipe.
    pub(super) fn handler(&self, ctx: &NativeCallContext, value: Dynamic) -> Fallible<Handler> {
        let given = value.type_name();
        if let Some(function) = value.clone().try_cast::<FnPtr>() {
            return Ok(Handler::Function(self.callback(ctx, function)));
        }
        match value.try_cast::<PipeValue>() {
            Some(pipe) => Ok(Handler::Pipe(pipe.take())),
            None => self.error(
                ctx,
                format!("`{}` needs a function or a pipe here, and got {}", ctx.fn_name(), article(ctx, given)),
                Some("for example `|| run(stop(hosts(\"foo\")))`, or `stop(hosts(\"foo\")) | email(\"stopped\")`".into()),
            ),
        }
    }
}

/// The type's name as scripts know it, with its article.
fn article(ctx: &NativeCallContext, type_name: &str) -> String {
    let name = match ctx.engine().map_type_name(type_name) {
        "()" => return "nothing".into(),
        "i64" => "number",
        "f64" => "number with a fraction",
        other => other,
    };
    format!("a {name}")
}
