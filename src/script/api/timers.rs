//! Timers: something later, once, over any number of restarts.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::{
    plan::Handler,
    script::context::{Context, Fallible, TimerChange},
    store::Timer,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn(
        "after",
        move |ctx: NativeCallContext,
              delay: ImmutableString,
              name: ImmutableString,
              handler: Dynamic| { after(&here, &ctx, &delay, &name, handler) },
    );
    let here = context.clone();
    engine.register_fn("cancel", move |ctx: NativeCallContext, name: ImmutableString| {
        here.in_handler(&ctx, |_| ())?;
        let _waiting = here.budget.waiting();
        if let Err(error) = here.around.store.cancel_timer(&here.script, &name).wait() {
            return here.error(
                &ctx,
                format!("timer \"{name}\" could not be cancelled: {error}"),
                None,
            );
        }
        // The actor may be gone already; the store has it.
        let _ = here.timers.send(TimerChange::Cancel(name.into()));
        Ok(())
    });
}

fn after(
    here: &Context,
    ctx: &NativeCallContext,
    delay: &str,
    name: &str,
    handler: Dynamic,
) -> Fallible<()> {
    let by = here.in_handler(ctx, |moment| moment.stamp.by)?;
    if here.timers.is_closed() {
        return here.error(ctx, "a timer belongs to a script, and this is none that runs", None);
    }
    let delay = here.duration(ctx, delay)?;
    let handler = here.handler(ctx, handler)?;
    let storable = match &handler {
        Handler::Pipe(pipe) => pipe.is_storable(),
        Handler::Function(function) => function.name.is_some(),
    };
    if !storable {
        let help = "a timer outlives a restart, and a closure cannot be stored: give it a pipe without closures, or a function by its name (`fn later() { … }  after(\"10m\", \"later\", later)`)";
        return here.error(ctx, "a timer cannot keep a closure", Some(help.into()));
    }
    let timer = Timer {
        script: here.script.to_string(),
        name: name.to_owned(),
        due: here.around.clock.now() + delay,
        handler,
        by,
    };
    let _waiting = here.budget.waiting();
    if let Err(error) = here.around.store.set_timer(&timer).wait() {
        return here.error(ctx, format!("timer \"{name}\" could not be kept: {error}"), None);
    }
    // The actor may be gone already; the store has it.
    let _ = here.timers.send(TimerChange::Set(timer));
    Ok(())
}
