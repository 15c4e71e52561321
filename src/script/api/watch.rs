//! `watch`: what the script declares.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::script::{
    context::{Context, Fallible},
    declarations::Watch,
    values::{When, WhenKind},
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn(
        "watch",
        move |ctx: NativeCallContext, name: ImmutableString, when: Dynamic, began: Dynamic| {
            declare(&here, &ctx, &name, when, began, None)
        },
    );
    let here = context.clone();
    engine.register_fn(
        "watch",
        move |ctx: NativeCallContext,
              name: ImmutableString,
              when: Dynamic,
              began: Dynamic,
              ended: Dynamic| { declare(&here, &ctx, &name, when, began, Some(ended)) },
    );
}

fn declare(
    here: &Context,
    ctx: &NativeCallContext,
    name: &str,
    when: Dynamic,
    began: Dynamic,
    ended: Option<Dynamic>,
) -> Fallible<()> {
    if here.in_handler(ctx, |_| ()).is_ok() {
        let help = "declare it at the top level; a handler that wants to act later uses `after(\"10m\", …)`";
        return here.error(ctx, "`watch` stands at the top level only", Some(help.into()));
    }
    let Some(when) = when.try_cast::<When>() else {
        let help =
            "for example `once_an_hour`, `every(\"10m\")` or `above(\"closet/temperature\", 70.0)`";
        return here.error(
            ctx,
            "the second argument of `watch` is a schedule or a trigger",
            Some(help.into()),
        );
    };
    if ended.is_some() && !matches!(when.kind, WhenKind::Triggered(_)) {
        let message = "a schedule or a message has no end that a second handler could run at";
        return here.error(
            ctx,
            message,
            Some("only triggers such as `above` take two handlers".into()),
        );
    }
    if name.trim().is_empty() {
        return here.error(ctx, "a watch needs a name", None);
    }
    let watch = Watch {
        name: name.to_owned(),
        when,
        began: here.handler(ctx, began)?,
        ended: ended.map(|ended| here.handler(ctx, ended)).transpose()?,
        place: here.place(ctx),
    };
    let mut declared = here.declared();
    if let Some(first) = declared.watches.iter().find(|watch| watch.name == name) {
        let message =
            format!("this script has a watch \"{name}\" already, in line {}", first.place.line);
        drop(declared);
        return here.error(ctx, message, Some("give one of them another name".into()));
    }
    declared.watches.push(watch);
    Ok(())
}
