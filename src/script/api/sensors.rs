//! Sensors and their history. A sensor without a believed value throws; it never has a default.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use crate::{
    script::context::{Absence, Context, Fallible},
    sensor::{Reading, SensorError, Value},
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn("sensor", move |ctx: NativeCallContext, name: ImmutableString| {
        Fallible::Ok(dynamic(read(&here, &ctx, &name)?.value))
    });
    let here = context.clone();
    engine.register_fn("reading", move |ctx: NativeCallContext, name: ImmutableString| {
        reading(&here, &ctx, &name)
    });
    over_window(engine, context, "average", |here, name, window| {
        here.around.sensors.table_of(name).history().average(name, window)
    });
    over_window(engine, context, "minimum", |here, name, window| {
        here.around.sensors.table_of(name).history().minimum(name, window)
    });
    over_window(engine, context, "maximum", |here, name, window| {
        here.around.sensors.table_of(name).history().maximum(name, window)
    });
    over_window(engine, context, "rate", |here, name, window| {
        here.around.sensors.table_of(name).history().rate(name, window)
    });
    let here = context.clone();
    engine.register_fn(
        "history",
        move |ctx: NativeCallContext, name: ImmutableString, window: ImmutableString| {
            history(&here, &ctx, &name, &window)
        },
    );
}

fn over_window(
    engine: &mut Engine,
    context: &Arc<Context>,
    word: &'static str,
    ask: fn(&Context, &str, std::time::Duration) -> Result<f64, SensorError>,
) {
    let here = context.clone();
    engine.register_fn(
        word,
        move |ctx: NativeCallContext, name: ImmutableString, window: ImmutableString| {
            here.in_handler(&ctx, |_| ())?;
            let span = here.duration(&ctx, &window)?;
            match ask(&here, &name, span) {
                Ok(value) => {
                    let seen = (
                        format!("{word} of {name} over {window}"),
                        Value::Number(value).to_string(),
                    );
                    here.in_handler(&ctx, |moment| moment.saw.push(seen))?;
                    Ok(value)
                }
                Err(error) => no_value(&here, &ctx, &name, &error),
            }
        },
    );
}

fn history(here: &Context, ctx: &NativeCallContext, name: &str, window: &str) -> Fallible<Array> {
    here.in_handler(ctx, |_| ())?;
    let window = here.duration(ctx, window)?;
    let points = match here.around.sensors.table_of(name).history().points(name, window) {
        Ok(points) => points,
        Err(error) => return no_value(here, ctx, name, &error),
    };
    Ok(points
        .into_iter()
        .map(|(at, value)| {
            let point = [("at", Dynamic::from(at.timestamp())), ("value", Dynamic::from(value))];
            Dynamic::from(
                point.into_iter().map(|(key, value)| (key.into(), value)).collect::<Map>(),
            )
        })
        .collect())
}

fn read(here: &Context, ctx: &NativeCallContext, name: &str) -> Fallible<Reading> {
    here.in_handler(ctx, |_| ())?;
    match here.around.sensors.read(name) {
        Ok(reading) => {
            let seen = format!("{} {}", reading.value, reading.unit).trim().to_owned();
            here.in_handler(ctx, |moment| moment.saw.push((name.to_owned(), seen)))?;
            Ok(reading)
        }
        Err(error) => no_value(here, ctx, name, &error),
    }
}

/// The reading with its age and quality; here, a sensor in trouble does not throw.
fn reading(here: &Context, ctx: &NativeCallContext, name: &str) -> Fallible<Map> {
    here.in_handler(ctx, |_| ())?;
    let status = match here.around.sensors.status(name) {
        Ok(status) => status,
        Err(error) => return no_value(here, ctx, name, &error),
    };
    let last = status.reading.as_ref();
    let fields: [(&str, Dynamic); 5] = [
        ("value", last.map_or(Dynamic::UNIT, |last| dynamic(last.value))),
        ("unit", Dynamic::from(status.unit.to_string())),
        ("age", status.age.map_or(Dynamic::UNIT, |age| Dynamic::from(age.as_secs_f64()))),
        ("quality", Dynamic::from(status.quality.as_str())),
        ("why", Dynamic::from(status.fault.map(|fault| fault.to_string()).unwrap_or_default())),
    ];
    Ok(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn dynamic(value: Value) -> Dynamic {
    match value {
        Value::Number(number) => Dynamic::from(number),
        Value::Switch(on) => Dynamic::from(on),
    }
}

/// Whether there is such a sensor at all.
pub(super) fn known_sensor(here: &Context, ctx: &NativeCallContext, name: &str) -> Fallible<()> {
    match here.around.sensors.table_of(name).id(name) {
        Ok(_) => Ok(()),
        Err(error) => no_value(here, ctx, name, &error),
    }
}

/// The handler ends here: because of its own slip, or through no fault of the script's.
fn no_value<T>(
    here: &Context,
    ctx: &NativeCallContext,
    name: &str,
    error: &SensorError,
) -> Fallible<T> {
    if let SensorError::Unknown { suggestion, .. } = error {
        let help = suggestion.as_ref().map(|name| format!("did you mean `{name}`?"));
        return here.error(ctx, format!("no sensor is called \"{name}\""), help);
    }
    let seen = (name.to_owned(), error.to_string());
    here.in_handler(ctx, |moment| {
        moment.saw.push(seen);
        let absence = || Absence { sensor: name.to_owned(), why: error.why() };
        moment.gone.get_or_insert_with(absence);
    })?;
    let help = "no default is ever put in its place; `reading(name).quality` tells without \
                throwing, and `.on_fault(handler)` runs when this happens";
    here.error(ctx, error.to_string(), Some(help.into()))
}
