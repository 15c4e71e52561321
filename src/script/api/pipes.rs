//! Joining steps, and running them.

use std::{sync::Arc, time::Duration};

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

use crate::{
    plan::{Alert, OneByOne, Report, Step, Tell, Verb},
    script::{
        context::{Context, Fallible},
        lane::{FromScript, ToScript},
        values::{HostSet, PipeValue},
    },
};

/// What is repeated more often is no reminder.
const SHORTEST: Duration = Duration::from_secs(60);

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    engine
        .register_type_with_name::<PipeValue>("Pipe")
        .register_fn("|", |left: PipeValue, right: PipeValue| left.join(right))
        .register_fn("if_changed", |pipe: PipeValue| pipe.with(|pipe| pipe.if_changed = true));

    let here = context.clone();
    engine.register_fn("with_guests", move |ctx: NativeCallContext, pipe: PipeValue| {
        let mut found = false;
        let pipe = pipe.with(|pipe| {
            for step in &mut pipe.steps {
                if let Step::Act(act) = step
                    && let Verb::Stop { with_guests } = &mut act.verb
                {
                    (*with_guests, found) = (true, true);
                }
            }
        });
        modified(&here, &ctx, pipe, found, "stop")
    });
    let here = context.clone();
    engine.register_fn("keep_going", move |ctx: NativeCallContext, pipe: PipeValue| {
        let mut found = false;
        let pipe = pipe.with(|pipe| {
            for step in &mut pipe.steps {
                if let Step::OneByOne(walk) = step {
                    (walk.keep_going, found) = (true, true);
                }
            }
        });
        modified(&here, &ctx, pipe, found, "one_by_one")
    });
    register_alerts(engine, context);
    let here = context.clone();
    engine.register_fn(
        "within",
        move |ctx: NativeCallContext, pipe: PipeValue, time: ImmutableString| {
            let time = here.duration(&ctx, &time)?;
            let mut found = false;
            let pipe = pipe.with(|pipe| {
                for step in &mut pipe.steps {
                    if let Step::Ask(ask) = step {
                        (ask.within, found) = (time, true);
                    }
                }
            });
            modified(&here, &ctx, pipe, found, "ask")
        },
    );
    let here = context.clone();
    engine.register_fn("pick", move |ctx: NativeCallContext, function: FnPtr| {
        let function = here.callback(&ctx, function);
        here.pipe(&ctx, Step::Pick(function))
    });
    let here = context.clone();
    engine.register_fn("new_since", move |ctx: NativeCallContext, name: ImmutableString| {
        here.pipe(&ctx, Step::NewSince(name.into()))
    });
    let here = context.clone();
    engine.register_fn("one_by_one", move |ctx: NativeCallContext, hosts: HostSet, each: FnPtr| {
        let each = here.callback(&ctx, each);
        let hosts = hosts.names().to_vec();
        here.pipe(&ctx, Step::OneByOne(OneByOne { hosts, each, keep_going: false }))
    });
    register_all(engine, context);
    let here = context.clone();
    engine.register_fn(
        "run",
        move |ctx: NativeCallContext, pipe: PipeValue| -> Fallible<Dynamic> {
            run(&here, &ctx, pipe)
        },
    );
}

/// How insistent `email` and `notify` are.
fn register_alerts(engine: &mut Engine, context: &Arc<Context>) {
    type Text = ImmutableString;
    let here = context.clone();
    engine.register_fn("once_per", move |ctx: NativeCallContext, pipe: PipeValue, time: Text| {
        let time = here.duration(&ctx, &time)?;
        alerting(&here, &ctx, pipe, |alert| alert.once_per = Some(time))
    });
    let here = context.clone();
    engine.register_fn(
        "again_every",
        move |ctx: NativeCallContext, pipe: PipeValue, time: Text| {
            let time = here.duration(&ctx, &time)?.max(SHORTEST);
            alerting(&here, &ctx, pipe, |alert| alert.again_every = Some(time))
        },
    );
    let here = context.clone();
    engine.register_fn("recovered", move |ctx: NativeCallContext, pipe: PipeValue, text: Text| {
        alerting(&here, &ctx, pipe, |alert| alert.recovered = Some(text.to_string()))
    });
    let here = context.clone();
    engine.register_fn(
        "or_else",
        move |ctx: NativeCallContext, pipe: PipeValue, time: Text, other: PipeValue| {
            let time = here.duration(&ctx, &time)?;
            let other = match other.take().steps.as_slice() {
                [Step::Tell(tell @ (Tell::Email { .. } | Tell::Notify { .. }))] => tell.clone(),
                _ => {
                    pipe.take();
                    let message = "`.or_else(time, …)` takes `email(…)` or `notify(…)` alone";
                    return here.error(&ctx, message, None);
                }
            };
            alerting(&here, &ctx, pipe, |alert| alert.or_else = Some((time, other.clone())))
        },
    );
}

fn alerting(
    here: &Context,
    ctx: &NativeCallContext,
    pipe: PipeValue,
    alter: impl Fn(&mut Alert),
) -> Fallible<PipeValue> {
    let mut found = false;
    let pipe = pipe.with(|pipe| {
        for step in &mut pipe.steps {
            if let Step::Tell(tell @ (Tell::Email { .. } | Tell::Notify { .. })) = step {
                *step = Step::Alert(Alert::of(tell.clone()));
            }
            if let Step::Alert(alert) = step {
                alter(alert);
                found = true;
            }
        }
    });
    modified(here, ctx, pipe, found, "email` and `notify")
}

/// `all(a, b)`, up to five pipes, or any number in an array.
fn register_all(engine: &mut Engine, context: &Arc<Context>) {
    type P = PipeValue;
    let here = context.clone();
    engine.register_fn("all", move |ctx: NativeCallContext, a: P, b: P| here.beside(&ctx, [a, b]));
    let here = context.clone();
    engine.register_fn("all", move |ctx: NativeCallContext, a: P, b: P, c: P| {
        here.beside(&ctx, [a, b, c])
    });
    let here = context.clone();
    engine.register_fn("all", move |ctx: NativeCallContext, a: P, b: P, c: P, d: P| {
        here.beside(&ctx, [a, b, c, d])
    });
    let here = context.clone();
    engine.register_fn("all", move |ctx: NativeCallContext, a: P, b: P, c: P, d: P, e: P| {
        here.beside(&ctx, [a, b, c, d, e])
    });
    let here = context.clone();
    engine.register_fn("all", move |ctx: NativeCallContext, pipes: Array| {
        let mut beside = Vec::with_capacity(pipes.len());
        for pipe in pipes {
            match pipe.try_cast::<PipeValue>() {
                Some(pipe) => beside.push(pipe),
                None => return here.error(&ctx, "`all` needs an array of pipes", None),
            }
        }
        Ok(here.beside(&ctx, beside))
    });
}

pub(super) fn modified(
    here: &Context,
    ctx: &NativeCallContext,
    pipe: PipeValue,
    found: bool,
    step: &str,
) -> Fallible<PipeValue> {
    if found {
        return Ok(pipe);
    }
    // The pipe is answered for: this error stands for it.
    pipe.take();
    here.error(
        ctx,
        format!("`.{}()` goes with `{step}`, and this pipe has none", ctx.fn_name()),
        None,
    )
}

fn run(here: &Context, ctx: &NativeCallContext, pipe: PipeValue) -> Fallible<Dynamic> {
    let pipe = pipe.take();
    let saw =
        here.in_handler(ctx, |moment| moment.saw.iter().map(|(name, _)| name.clone()).collect())?;
    let ToScript::Report(report) = here.wait_for(ctx, FromScript::Run { pipe, saw })? else {
        unreachable!("a pipe is answered with its report");
    };
    report_map(&report)
}

/// A report as scripts see it: `.ok`, `.changed`, `.agreed`, `.rows`, `.failed`.
fn report_map(report: &Report) -> Fallible<Dynamic> {
    rhai::serde::to_dynamic(serde_json::json!({
        "ok": report.is_ok(),
        "changed": report.changed(),
        "agreed": report.agreed(),
        "rows": report.rows.iter().map(crate::plan::Row::to_flat_json).collect::<Vec<_>>(),
        "failed": report.failed().map(crate::plan::Row::to_flat_json).collect::<Vec<_>>(),
    }))
}

impl Context {
    fn beside(
        &self,
        ctx: &NativeCallContext,
        pipes: impl IntoIterator<Item = PipeValue>,
    ) -> PipeValue {
        let pipes = pipes.into_iter().map(PipeValue::take).collect();
        self.pipe(ctx, Step::All(pipes))
    }
}
