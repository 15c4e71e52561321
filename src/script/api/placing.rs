//! `place` and how it is done.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use super::pipes::modified;
use crate::{
    plan::{Placing, Step, Verb},
    script::{
        context::{Context, Fallible},
        values::{HostSet, PipeValue},
    },
    suggest::did_you_mean_or_all,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn(
        "place",
        move |ctx: NativeCallContext, hosts: HostSet, template: ImmutableString| {
            here.known_template(&ctx, &template)?;
            Fallible::Ok(here.acting(
                &ctx,
                Verb::Place(Placing::at(template.as_str())),
                Some(hosts),
            ))
        },
    );
    let here = context.clone();
    engine.register_fn("stop_first", move |ctx: NativeCallContext, pipe: PipeValue| {
        placing(&here, &ctx, pipe, |placing| placing.stop_first = true)
    });
    let here = context.clone();
    engine.register_fn(
        "dwell",
        move |ctx: NativeCallContext, pipe: PipeValue, time: ImmutableString| {
            let time = here.duration(&ctx, &time)?;
            placing(&here, &ctx, pipe, |placing| placing.dwell = Some(time))
        },
    );
    let here = context.clone();
    engine.register_fn("margin", move |ctx: NativeCallContext, pipe: PipeValue, part: Dynamic| {
        let number = part.as_float().or_else(|_| part.as_int().map(|whole| whole as f64));
        let Some(part) = number.ok().filter(|part| (0.0..1.0).contains(part)) else {
            pipe.take();
            let message = "`.margin()` takes a part of the price, from 0 to below 1";
            let help = "0.15: it moves where an hour costs at least 15 % less";
            return here.error(&ctx, message, Some(help.into()));
        };
        let mut costless = None;
        let pipe = placing(&here, &ctx, pipe, |placing| {
            placing.margin = Some(part);
            if here.around.hosts.template_cost(&placing.template).is_none() {
                costless.get_or_insert(placing.template.clone());
            }
        })?;
        let Some(template) = costless else { return Ok(pipe) };
        pipe.take();
        let message = format!("what an hour in {template} costs is not known");
        let help = format!("add `cost = \"…\"`, the name of a [cost.…], to [templates.{template}]");
        here.error(&ctx, message, Some(help))
    });
}

fn placing(
    here: &Context,
    ctx: &NativeCallContext,
    pipe: PipeValue,
    mut alter: impl FnMut(&mut Placing),
) -> Fallible<PipeValue> {
    let mut found = false;
    let pipe = pipe.with(|pipe| {
        for step in &mut pipe.steps {
            if let Step::Act(act) = step
                && let Verb::Place(placing) = &mut act.verb
            {
                alter(placing);
                found = true;
            }
        }
    });
    modified(here, ctx, pipe, found, "place")
}

impl Context {
    pub(super) fn known_template(&self, ctx: &NativeCallContext, name: &str) -> Fallible<()> {
        let inventory = &self.around.hosts;
        if inventory.template(name).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = inventory.templates().map(|(name, _)| &**name).collect();
        let help = did_you_mean_or_all(name, &known);
        self.error(ctx, format!("there is no template \"{name}\""), help)
    }
}
