//! Telling steps.

use std::{sync::Arc, time::Duration};

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use crate::{
    mqtt::topic,
    plan::{Ask, Step, Tell},
    script::{
        context::{Context, Fallible},
        values::PipeValue,
    },
    suggest::did_you_mean_or_all,
};

/// How long people have to answer, unless the script says so.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    simple(engine, context, "email", |subject| Tell::Email { to: Vec::new(), subject, body: None });
    simple(engine, context, "notify", |title| Tell::Notify { title });
    simple(engine, context, "pretty", |title| Tell::Pretty { title });
    simple(engine, context, "reply", |text| Tell::Reply { text });
    simple(engine, context, "record", |name| Tell::Record { name });
    let here = context.clone();
    engine.register_fn("ask", move |ctx: NativeCallContext, question: ImmutableString| {
        here.pipe(&ctx, Step::Ask(Ask { question: question.into(), within: ANSWER_WITHIN }))
    });
    let here = context.clone();
    engine.register_fn(
        "publish",
        move |ctx: NativeCallContext, topic: ImmutableString, payload: Dynamic| {
            let tell = publication(&here, &ctx, topic.into(), &payload)?;
            Fallible::Ok(here.pipe(&ctx, Step::Tell(tell)))
        },
    );
    let here = context.clone();
    engine.register_fn("email", move |ctx: NativeCallContext, letter: Map| {
        let tell = letter_of(&here, &ctx, letter)?;
        Fallible::Ok(here.pipe(&ctx, Step::Tell(tell)))
    });
}

fn simple(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    tell: impl Fn(String) -> Tell + Send + Sync + 'static,
) {
    let here = context.clone();
    engine.register_fn(name, move |ctx: NativeCallContext, text: ImmutableString| -> PipeValue {
        here.pipe(&ctx, Step::Tell(tell(text.into())))
    });
}

/// `publish("some/topic", …)`: text as it is, anything else as JSON.
fn publication(
    here: &Context,
    ctx: &NativeCallContext,
    topic: String,
    payload: &Dynamic,
) -> Fallible<Tell> {
    if let Some(why) = topic::topic_mistake(&topic) {
        return here.error(ctx, format!("`publish` cannot use \"{topic}\": {why}"), None);
    }
    let payload = match payload.read_lock::<ImmutableString>() {
        Some(text) => text.to_string(),
        None => match serde_json::to_string(payload) {
            Ok(json) => json,
            Err(error) => {
                return here.error(ctx, format!("`publish` cannot send this: {error}"), None);
            }
        },
    };
    Ok(Tell::Publish { topic, payload })
}

/// `email(#{ to: "a@b", subject: "…", body: "…" })`.
fn letter_of(here: &Context, ctx: &NativeCallContext, letter: Map) -> Fallible<Tell> {
    let (mut to, mut subject, mut body) = (Vec::new(), None, None);
    let text = |key: &str, value: Dynamic| match value.into_string() {
        Ok(text) => Ok(text),
        Err(given) => here.error(ctx, format!("`email`: \"{key}\" is text, and got {given}"), None),
    };
    for (key, value) in letter {
        match key.as_str() {
            "to" if value.is_array() => {
                for address in value.into_array().unwrap_or_else(|_| Array::new()) {
                    to.push(text("to", address)?);
                }
            }
            "to" => to.push(text("to", value)?),
            "subject" => subject = Some(text("subject", value)?),
            "body" => body = Some(text("body", value)?),
            other => {
                let message = format!("`email` has no field \"{other}\"");
                return here.error(
                    ctx,
                    message,
                    did_you_mean_or_all(other, &["to", "subject", "body"]),
                );
            }
        }
    }
    match subject {
        Some(subject) => Ok(Tell::Email { to, subject, body }),
        None => {
            let help = "for example `email(#{ subject: \"stopped\", body: \"too hot\" })`";
            here.error(ctx, "`email` needs a subject", Some(help.into()))
        }
    }
}
