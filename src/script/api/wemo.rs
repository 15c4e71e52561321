//! `wemo` and `alexa`: the switches that the script declares.

use std::sync::Arc;

use rhai::{Dynamic, Engine, FnPtr, ImmutableString, Map, NativeCallContext};

use super::sensors::known_sensor;
use crate::{
    script::{
        context::{Context, Fallible},
        declarations::{Part, Shows, StateSource, Switch},
        values::{HostSet, Sentence},
    },
    suggest::did_you_mean_or_all,
};

const FIELDS: [&str; 5] = ["on", "off", "state", "dimmer", "sensor"];

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    engine.register_type_with_name::<Sentence>("Sentence");
    let here = context.clone();
    engine.register_fn("alexa", move |ctx: NativeCallContext, text: ImmutableString| {
        Sentence::read(&text).map_or_else(
            || {
                let help = "a device and a state: alexa(\"plex power on\")";
                here.error(&ctx, format!("\"{text}\" says no device and state"), Some(help.into()))
            },
            Ok,
        )
    });
    let here = context.clone();
    engine.register_fn(
        "wemo",
        move |ctx: NativeCallContext, sentence: Sentence, handler: Dynamic| {
            said(&here, &ctx, sentence, handler)
        },
    );
    let here = context.clone();
    engine.register_fn(
        "wemo",
        move |ctx: NativeCallContext, name: ImmutableString, handler: Dynamic| {
            momentary(&here, &ctx, &name, handler)
        },
    );
    let here = context.clone();
    engine.register_fn(
        "wemo",
        move |ctx: NativeCallContext, name: ImmutableString, fields: Map| {
            described(&here, &ctx, &name, fields)
        },
    );
}

/// `wemo("update all", handler)`.
fn momentary(
    here: &Context,
    ctx: &NativeCallContext,
    name: &str,
    handler: Dynamic,
) -> Fallible<()> {
    let switch = empty(here, ctx, name)?;
    declare(here, ctx, Switch { on: Some(here.handler(ctx, handler)?), ..switch })
}

/// `wemo("plex power", #{ … })`.
fn described(here: &Context, ctx: &NativeCallContext, name: &str, fields: Map) -> Fallible<()> {
    let mut switch = Switch { shows: Shows::OnOff, ..empty(here, ctx, name)? };
    for (field, value) in fields {
        set(here, ctx, &mut switch, &field, value)?;
    }
    if switch.on.is_none() && switch.off.is_none() && switch.state.is_none() {
        let help = "for example #{ on: start(PLEX), off: stop(PLEX) }";
        return here.error(ctx, "this switch does nothing and shows nothing", Some(help.into()));
    }
    declare(here, ctx, switch)
}

fn set(
    here: &Context,
    ctx: &NativeCallContext,
    switch: &mut Switch,
    field: &str,
    value: Dynamic,
) -> Fallible<()> {
    match field {
        "on" => switch.on = Some(here.handler(ctx, value)?),
        "off" => switch.off = Some(here.handler(ctx, value)?),
        "state" => switch.state = Some(state(here, ctx, value)?),
        "dimmer" => match value.as_bool() {
            Ok(true) => switch.shows = Shows::Dimmer,
            Ok(false) => {}
            Err(given) => {
                return here.error(ctx, format!("`dimmer` is true or false, not {given}"), None);
            }
        },
        "sensor" => {
            let Ok(sensor) = value.into_string() else {
                return here.error(ctx, "`sensor` is a sensor's name", None);
            };
            known_sensor(here, ctx, &sensor)?;
            switch.shows = Shows::Sensor;
            switch.state = Some(StateSource::Sensor(sensor));
        }
        other => {
            let help = did_you_mean_or_all(other, &FIELDS);
            return here.error(ctx, format!("a switch has no `{other}`"), help);
        }
    }
    Ok(())
}

fn state(here: &Context, ctx: &NativeCallContext, value: Dynamic) -> Fallible<StateSource> {
    if let Some(function) = value.clone().try_cast::<FnPtr>() {
        return Ok(StateSource::Function(here.callback(ctx, function)));
    }
    match value.try_cast::<HostSet>() {
        Some(hosts) => {
            let up = |name: &String| (Part::Host(name.clone()), true);
            Ok(StateSource::Parts(hosts.names().iter().map(up).collect()))
        }
        None => {
            let help = "for example `|| is_up(PLEX)`, or the hosts themselves";
            here.error(ctx, "`state` is a function or hosts", Some(help.into()))
        }
    }
}

/// `wemo(alexa("media centre on"), handler)`; the other state may stand in another line.
fn said(here: &Context, ctx: &NativeCallContext, said: Sentence, handler: Dynamic) -> Fallible<()> {
    let handler = here.handler(ctx, handler)?;
    let earlier = {
        let mut declared = here.declared();
        let index = declared.switches.iter().position(|switch| switch.name == said.device);
        index.map(|index| declared.switches.remove(index))
    };
    let mut switch = match earlier {
        Some(switch) => switch,
        None => Switch { shows: Shows::OnOff, ..empty(here, ctx, &said.device)? },
    };
    let place = if said.on { &mut switch.on } else { &mut switch.off };
    if place.is_some() {
        let state = if said.on { "on" } else { "off" };
        let message = format!("switching \"{}\" {state} is declared already", said.device);
        return here.error(ctx, message, None);
    }
    *place = Some(handler);
    declare(here, ctx, switch)
}

fn empty(here: &Context, ctx: &NativeCallContext, name: &str) -> Fallible<Switch> {
    if here.in_handler(ctx, |_| ()).is_ok() {
        return here.error(ctx, "`wemo` stands at the top level only", None);
    }
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return here.error(ctx, "a switch needs a name that can be spoken", None);
    }
    let (name, place) = (name.to_owned(), here.place(ctx));
    Ok(Switch { name, shows: Shows::Momentary, on: None, off: None, state: None, place })
}

fn declare(here: &Context, ctx: &NativeCallContext, switch: Switch) -> Fallible<()> {
    let mut declared = here.declared();
    let watches = declared.watches.iter().map(|watch| (&watch.name, watch.place.line));
    let switches = declared.switches.iter().map(|switch| (&switch.name, switch.place.line));
    let same = watches.chain(switches).find(|(name, _)| **name == switch.name);
    if let Some((name, line)) = same {
        let message = format!("this script has a \"{name}\" already, in line {line}");
        drop(declared);
        return here.error(ctx, message, Some("give one of them another name".into()));
    }
    declared.switches.push(switch);
    Ok(())
}
