//! The vocabulary of tests.

use std::{sync::Arc, time::Duration};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext};

use super::{
    deed::{Deed, Kind},
    play::Ask,
    stagehand::{Fallible, Stagehand, fail},
    table::{self, Slot},
};
use crate::{clock::parse_duration, script::engine::StoredFunction};

/// The time from one value of a series to the next, unless said.
const STEP: &str = "1m";

/// Teaches the engine every word.
pub fn register(engine: &mut Engine, hand: &Arc<Stagehand>) {
    let here = hand.clone();
    engine.register_fn(
        "test",
        move |ctx: NativeCallContext, name: ImmutableString, function: FnPtr| {
            here.declare(name.to_string(), StoredFunction::new(&ctx, function));
        },
    );
    arranging(engine, hand);
    passing(engine, hand);
    expecting(engine, hand);
}

fn arranging(engine: &mut Engine, hand: &Arc<Stagehand>) {
    let here = hand.clone();
    engine.register_fn(
        "given",
        move |ctx: NativeCallContext, sensor: ImmutableString, said: Dynamic| {
            given(&here, &ctx, &sensor, said, STEP)
        },
    );
    let here = hand.clone();
    engine.register_fn(
        "given",
        move |ctx: NativeCallContext,
              sensor: ImmutableString,
              said: Dynamic,
              step: ImmutableString| { given(&here, &ctx, &sensor, said, &step) },
    );
    let here = hand.clone();
    engine.register_fn(
        "fails",
        move |ctx: NativeCallContext, host: ImmutableString, act: ImmutableString| {
            here.ask(&ctx, Ask::Fails { host: host.to_string(), act: act.to_string() })
        },
    );
    let here = hand.clone();
    engine.register_fn(
        "price",
        move |ctx: NativeCallContext, cost: ImmutableString, value: Dynamic| {
            let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64));
            match number {
                Ok(value) => here.ask(&ctx, Ask::Price { cost: cost.to_string(), value }),
                Err(_) => Err(fail(&ctx, "a price is a number".into(), None)),
            }
        },
    );
    word(engine, hand, "interrupt", |hand, ctx, host| hand.ask(ctx, Ask::Interrupt(host)));
    word(engine, hand, "sensor_gone", |hand, ctx, sensor| {
        let slots = vec![Slot::Stale];
        hand.ask(ctx, Ask::Given { sensor, slots, step: Duration::from_secs(60) })
    });
    word(engine, hand, "output_fails", |hand, ctx, output| hand.ask(ctx, Ask::OutputFails(output)));
    word(engine, hand, "also", |hand, ctx, script| hand.ask(ctx, Ask::Also(script)));
    word(engine, hand, "host_down", |hand, ctx, host| hand.ask(ctx, Ask::HostBroken(host, true)));
    word(engine, hand, "host_up", |hand, ctx, host| hand.ask(ctx, Ask::HostBroken(host, false)));
    word(engine, hand, "host_on", |hand, ctx, host| hand.ask(ctx, Ask::HostRuns(host, true)));
    word(engine, hand, "host_off", |hand, ctx, host| hand.ask(ctx, Ask::HostRuns(host, false)));
    word(engine, hand, "answer", |hand, ctx, text| match text.as_str() {
        "yes" => hand.ask(ctx, Ask::Answer(true)),
        "no" => hand.ask(ctx, Ask::Answer(false)),
        _ => Err(fail(ctx, format!("`{text}` is no answer: say \"yes\" or \"no\""), None)),
    });
    word(engine, hand, "turn_on", |hand, ctx, switch| hand.ask(ctx, Ask::Turn(switch, true)));
    word(engine, hand, "turn_off", |hand, ctx, switch| hand.ask(ctx, Ask::Turn(switch, false)));
    word(engine, hand, "acknowledge", |hand, ctx, watch| hand.ask(ctx, Ask::Acknowledge(watch)));
    let here = hand.clone();
    engine.register_fn(
        "listens",
        move |ctx: NativeCallContext, host: ImmutableString, ports: Array| {
            let numbers: Option<Vec<u16>> = ports
                .into_iter()
                .map(|port| port.as_int().ok().and_then(|port| u16::try_from(port).ok()))
                .collect();
            let wrong = || fail(&ctx, "ports are numbers from 1 to 65535".into(), None);
            here.ask(&ctx, Ask::Ports(host.to_string(), numbers.ok_or_else(wrong)?))
        },
    );
    word(engine, hand, "begins", |hand, ctx, text| {
        let at = moment(&text).ok_or_else(|| {
            fail(ctx, format!("`{text}` is no moment; write it like 2026-07-15 12:00"), None)
        })?;
        hand.ask(ctx, Ask::Start(at))
    });
}

fn passing(engine: &mut Engine, hand: &Arc<Stagehand>) {
    word(engine, hand, "advance", |hand, ctx, text| {
        let by = duration(ctx, &text)?;
        hand.ask(ctx, Ask::Advance(by))
    });
    word(engine, hand, "at", |hand, ctx, text| {
        let time = NaiveTime::parse_from_str(&text, "%H:%M").map_err(|_| {
            fail(ctx, format!("`{text}` is no time of the day; write it like 22:30"), None)
        })?;
        hand.ask(ctx, Ask::Until(time))
    });
    word(engine, hand, "restart_agent", |hand, ctx, text| {
        let pause = duration(ctx, &text)?;
        hand.ask(ctx, Ask::Restart(pause))
    });
    let here = hand.clone();
    engine.register_fn("restart_agent", move |ctx: NativeCallContext| {
        here.ask(&ctx, Ask::Restart(Duration::ZERO))
    });
}

fn expecting(engine: &mut Engine, hand: &Arc<Stagehand>) {
    engine.register_type_with_name::<Deed>("Deed");
    engine.register_fn("to_string", |deed: &mut Deed| deed.to_string());
    engine.register_fn("to_debug", |deed: &mut Deed| deed.to_string());
    for (name, kind) in Kind::ALL {
        engine.register_fn(name, move |host: ImmutableString| Deed {
            kind,
            names: vec![host.to_string()],
            at: None,
        });
        engine.register_fn(name, move |hosts: Array| Deed {
            kind,
            names: hosts.iter().map(ToString::to_string).collect(),
            at: None,
        });
    }
    engine.register_fn("placed", |host: ImmutableString, at: ImmutableString| {
        Deed::placed(vec![host.to_string()], &at)
    });
    engine.register_fn("placed", |hosts: Array, at: ImmutableString| {
        Deed::placed(hosts.iter().map(ToString::to_string).collect(), &at)
    });
    for (name, wanted) in [("expect", true), ("expect_not", false)] {
        let here = hand.clone();
        engine.register_fn(name, move |ctx: NativeCallContext, deed: Deed| {
            here.expect(&ctx, &deed, wanted)
        });
        engine.register_fn(name, move |ctx: NativeCallContext, so: bool| -> Fallible<()> {
            if so == wanted { Ok(()) } else { Err(fail(&ctx, format!("this is {so}"), None)) }
        });
    }
    word(engine, hand, "expect_mail", |hand, ctx, text| hand.expect_told(ctx, "email", &text));
    word(engine, hand, "expect_notify", |hand, ctx, text| hand.expect_told(ctx, "notify", &text));
    word(engine, hand, "expect_asked", |hand, ctx, text| hand.expect_told(ctx, "ask", &text));
    word(engine, hand, "expect_pretty", |hand, ctx, text| hand.expect_told(ctx, "pretty", &text));
    word(engine, hand, "expect_note", |hand, ctx, text| hand.expect_note(ctx, &text));
    word(engine, hand, "expect_error", |hand, ctx, text| hand.expect_error(ctx, &text));
    let here = hand.clone();
    engine.register_fn("expect_nothing", move |ctx: NativeCallContext| here.expect_nothing(&ctx));
}

/// A word with one text as its argument.
fn word(
    engine: &mut Engine,
    hand: &Arc<Stagehand>,
    name: &str,
    act: fn(&Stagehand, &NativeCallContext, String) -> Fallible<()>,
) {
    let here = hand.clone();
    engine.register_fn(name, move |ctx: NativeCallContext, text: ImmutableString| {
        act(&here, &ctx, text.to_string())
    });
}

fn given(
    hand: &Stagehand,
    ctx: &NativeCallContext,
    sensor: &str,
    said: Dynamic,
    step: &str,
) -> Fallible<()> {
    let step = duration(ctx, step)?;
    if step.is_zero() {
        return Err(fail(ctx, "values need some time between them".into(), None));
    }
    let slots = if said.is_string() {
        table::parse(&said.to_string()).map_err(|message| fail(ctx, message, None))?
    } else if said.is_array() {
        let values = said.cast::<Array>();
        values.into_iter().map(|value| slot(ctx, value)).collect::<Fallible<Vec<_>>>()?
    } else {
        vec![slot(ctx, said)?]
    };
    if slots.is_empty() {
        return Err(fail(ctx, "the series is empty".into(), None));
    }
    hand.ask(ctx, Ask::Given { sensor: sensor.to_owned(), slots, step })
}

fn slot(ctx: &NativeCallContext, value: Dynamic) -> Fallible<Slot> {
    let number = value.as_float().or_else(|_| value.as_int().map(|whole| whole as f64));
    if let Ok(on) = value.as_bool() {
        return Ok(Slot::Contact(on));
    }
    match (number, value.to_string().as_str()) {
        (Ok(number), _) => Ok(Slot::Value(number)),
        (_, "_" | "") => Ok(Slot::Missing),
        (_, "stale") => Ok(Slot::Stale),
        (_, other) => {
            let message =
                format!("`{other}` is no value: give numbers, true, false, \"_\" or \"stale\"");
            Err(fail(ctx, message, None))
        }
    }
}

fn duration(ctx: &NativeCallContext, text: &str) -> Fallible<Duration> {
    parse_duration(text).map_err(|error| fail(ctx, error.to_string(), None))
}

/// `2026-07-15 12:00` or `2026-07-15`.
fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M")
        .ok()
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Into::into))
}
