//! What an hour costs here and there. A cost without a believed price throws, as a sensor does.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, Map, NativeCallContext};

use crate::{
    cost::{CostError, Price},
    script::context::{Absence, Context, Fallible},
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn("cost", move |ctx: NativeCallContext, name: ImmutableString| {
        Fallible::Ok(read(&here, &ctx, &name)?.value)
    });
    let here = context.clone();
    engine.register_fn("price", move |ctx: NativeCallContext, name: ImmutableString| {
        let price = read(&here, &ctx, &name)?;
        let age = (here.around.clock.now() - price.at).to_std().unwrap_or_default();
        let fields: [(&str, Dynamic); 3] = [
            ("value", Dynamic::from(price.value)),
            ("age", Dynamic::from(age.as_secs_f64())),
            ("source", Dynamic::from(price.source)),
        ];
        Fallible::Ok(fields.into_iter().map(|(name, value)| (name.into(), value)).collect::<Map>())
    });
}

fn read(here: &Context, ctx: &NativeCallContext, name: &str) -> Fallible<Price> {
    here.in_handler(ctx, |_| ())?;
    let error = match here.around.costs.read(name) {
        Ok(price) => {
            let seen = (format!("cost of {name}"), format!("{:.5}", price.value));
            here.in_handler(ctx, |moment| moment.saw.push(seen))?;
            return Ok(price);
        }
        Err(error) => error,
    };
    if let CostError::Unknown { suggestion, .. } = &error {
        return here.error(ctx, format!("no cost is called \"{name}\""), suggestion.clone());
    }
    let seen = (format!("cost of {name}"), error.to_string());
    here.in_handler(ctx, |moment| {
        moment.saw.push(seen);
        let absence = || Absence { sensor: format!("the cost {name}"), why: error.to_string() };
        moment.gone.get_or_insert_with(absence);
    })?;
    let help = "no old price is ever put in its place; `.on_fault(handler)` runs when this happens";
    here.error(ctx, error.to_string(), Some(help.into()))
}
