//! Triggers on sensors, with their modifiers.

use std::{sync::Arc, time::Duration};

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use super::{select::known, sensors::known_sensor};
use crate::{
    clock::{Condition, Direction, Trigger, TriggerError},
    mqtt::topic,
    script::{
        context::{Context, Fallible},
        values::{HostRef, When, WhenKind},
    },
    sensor::Value,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    threshold(engine, context, "above", |threshold| Condition::Above { threshold });
    threshold(engine, context, "below", |threshold| Condition::Below { threshold });
    let here = context.clone();
    engine.register_fn(
        "equals",
        move |ctx: NativeCallContext, sensor: ImmutableString, value: Dynamic| {
            let value = match (value.as_bool(), number(&value)) {
                (Ok(on), _) => Value::Switch(on),
                (_, Some(number)) => Value::Number(number),
                _ => return here.error(&ctx, "`equals` needs a number, true or false", None),
            };
            here.trigger(&ctx, &sensor, Condition::Equals(value))
        },
    );
    let here = context.clone();
    engine.register_fn("changed", move |ctx: NativeCallContext, sensor: ImmutableString| {
        here.trigger(&ctx, &sensor, Condition::Changed)
    });
    let here = context.clone();
    engine.register_fn("edge", move |ctx: NativeCallContext, sensor: ImmutableString| {
        here.trigger(&ctx, &sensor, Condition::Edge(Direction::Both))
    });
    let here = context.clone();
    engine.register_fn(
        "edge",
        move |ctx: NativeCallContext, sensor: ImmutableString, direction: ImmutableString| {
            let direction = match direction.as_str() {
                "both" => Direction::Both,
                "rising" => Direction::Rising,
                "falling" => Direction::Falling,
                other => {
                    let message = format!("`edge` knows no direction \"{other}\"");
                    let help = "it is \"both\", \"rising\" (from off to on) or \"falling\"";
                    return here.error(&ctx, message, Some(help.into()));
                }
            };
            here.trigger(&ctx, &sensor, Condition::Edge(direction))
        },
    );

    let here = context.clone();
    engine.register_fn("message", move |ctx: NativeCallContext, filter: ImmutableString| {
        match topic::filter_mistake(&filter) {
            None => Ok(When::heard(filter.into())),
            Some(why) => {
                here.error(&ctx, format!("`message` cannot listen on \"{filter}\": {why}"), None)
            }
        }
    });

    let here = context.clone();
    engine.register_fn("clears_at", move |ctx: NativeCallContext, when: When, at: Dynamic| {
        let Some(at) = number(&at) else {
            return here.error(&ctx, "`.clears_at()` needs a number", None);
        };
        here.altered(&ctx, when, |trigger| trigger.clears_at(at))
    });
    hosts(engine, context);
    modifier(engine, context, "lasting", Trigger::lasting);
    modifier(engine, context, "cooldown", Trigger::cooldown);
}

/// `host("nas").down()` and its kin.
fn hosts(engine: &mut Engine, context: &Arc<Context>) {
    engine
        .register_type_with_name::<HostRef>("Host")
        .register_fn("to_string", |host: &mut HostRef| host.0.clone())
        .register_fn("to_debug", |host: &mut HostRef| host.0.clone())
        .register_fn("started", |host: HostRef| {
            When::triggered(Trigger::host_turns(host.0, Direction::Rising))
        })
        .register_fn("stopped", |host: HostRef| {
            When::triggered(Trigger::host_turns(host.0, Direction::Falling))
        })
        .register_fn("down", |host: HostRef| When::triggered(Trigger::host_is_down(host.0)));
    let here = context.clone();
    engine.register_fn("host", move |ctx: NativeCallContext, name: ImmutableString| {
        known(&here, &ctx, [name.to_string()])?;
        Ok::<_, Box<rhai::EvalAltResult>>(HostRef(name.into()))
    });
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

fn threshold(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    condition: fn(f64) -> Condition,
) {
    let here = context.clone();
    engine.register_fn(
        name,
        move |ctx: NativeCallContext, sensor: ImmutableString, threshold: Dynamic| match number(
            &threshold,
        ) {
            Some(threshold) => here.trigger(&ctx, &sensor, condition(threshold)),
            None => here.error(&ctx, format!("`{name}` needs a number"), None),
        },
    );
}

fn modifier(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    alter: fn(Trigger, Duration) -> Trigger,
) {
    let here = context.clone();
    engine.register_fn(name, move |ctx: NativeCallContext, when: When, text: ImmutableString| {
        let duration = here.duration(&ctx, &text)?;
        here.altered(&ctx, when, |trigger| Ok(alter(trigger, duration)))
    });
}

impl Context {
    fn trigger(
        &self,
        ctx: &NativeCallContext,
        sensor: &str,
        condition: Condition,
    ) -> Fallible<When> {
        known_sensor(self, ctx, sensor)?;
        match Trigger::new(sensor, condition) {
            Ok(trigger) => Ok(When::triggered(trigger)),
            Err(error) => self.error(ctx, error.to_string(), None),
        }
    }

    fn altered(
        &self,
        ctx: &NativeCallContext,
        when: When,
        alter: impl FnOnce(Trigger) -> Result<Trigger, TriggerError>,
    ) -> Fallible<When> {
        let WhenKind::Triggered(trigger) = when.kind else {
            let message = format!(
                "`.{}()` goes with triggers such as `above`, not with schedules",
                ctx.fn_name()
            );
            let help =
                "leave it out, or begin with a trigger: `above(\"closet/temperature\", 70.0)`";
            return self.error(ctx, message, Some(help.into()));
        };
        match alter(trigger) {
            Ok(trigger) => Ok(When { kind: WhenKind::Triggered(trigger), ..when }),
            Err(error) => self.error(ctx, error.to_string(), None),
        }
    }
}
