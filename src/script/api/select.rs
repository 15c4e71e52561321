//! Selecting hosts, and asking whether they are up.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::{
    plan::Power,
    script::{
        context::{Context, Fallible},
        lane::{FromScript, ToScript},
        values::HostSet,
    },
    suggest::did_you_mean,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    engine
        .register_type_with_name::<HostSet>("Hosts")
        .register_fn("to_string", |hosts: &mut HostSet| hosts.to_string())
        .register_fn("to_debug", |hosts: &mut HostSet| hosts.to_string())
        .register_fn("==", |a: &mut HostSet, b: HostSet| *a == b)
        .register_fn("!=", |a: &mut HostSet, b: HostSet| *a != b)
        .register_fn("names", |hosts: &mut HostSet| -> Array {
            hosts.names().iter().map(|name| Dynamic::from(name.clone())).collect()
        })
        .register_fn("len", |hosts: &mut HostSet| hosts.names().len() as i64);

    let here = context.clone();
    engine.register_fn("hosts", move |ctx: NativeCallContext, name: ImmutableString| {
        known(&here, &ctx, [name.to_string()])
    });
    let here = context.clone();
    engine.register_fn("hosts", move |ctx: NativeCallContext, names: Array| {
        let mut list = Vec::with_capacity(names.len());
        for name in names {
            match name.into_string() {
                Ok(name) => list.push(name),
                Err(given) => {
                    let message = format!("`hosts` needs names, and got a value of type {given}");
                    return here.error(&ctx, message, None);
                }
            }
        }
        known(&here, &ctx, list)
    });
    let here = context.clone();
    engine.register_fn("tagged", move |ctx: NativeCallContext, tag: ImmutableString| {
        let set: HostSet =
            here.around.hosts.tagged(&tag).map(|host| host.name.to_string()).collect();
        if set.names().is_empty() {
            let tags = here.around.hosts.iter().flat_map(|host| &host.tags).map(String::as_str);
            let help = did_you_mean(&tag, tags);
            return here.error(&ctx, format!("no host carries the tag \"{tag}\""), help);
        }
        Ok(set)
    });
    let here = context.clone();
    engine.register_fn("everything", move || -> HostSet {
        here.around.hosts.names().map(ToString::to_string).collect()
    });
    let here = context.clone();
    engine.register_fn("is_up", move |ctx: NativeCallContext, hosts: HostSet| -> Fallible<bool> {
        is_up(&here, &ctx, &hosts)
    });
}

pub(super) fn known(
    here: &Context,
    ctx: &NativeCallContext,
    names: impl IntoIterator<Item = String>,
) -> Fallible<HostSet> {
    let inventory = &here.around.hosts;
    let set: HostSet = names.into_iter().collect();
    for name in set.names() {
        if inventory.get(name).is_none() {
            let help = did_you_mean(name, inventory.names().map(|name| &**name));
            return here.error(ctx, format!("no host is called \"{name}\""), help);
        }
    }
    Ok(set)
}

fn is_up(here: &Context, ctx: &NativeCallContext, hosts: &HostSet) -> Fallible<bool> {
    let inventory = &here.around.hosts;
    let look = hosts.names().iter().filter_map(|name| inventory.get(name).cloned()).collect();
    let ToScript::Seen(seen) = here.wait_for(ctx, FromScript::Look(look))? else {
        unreachable!("a look is answered with what was seen");
    };
    let mut all_up = true;
    for (host, power) in seen {
        match power {
            Ok(power) => {
                let word = if power == Power::Up { "up" } else { "down" };
                here.in_handler(ctx, |moment| moment.saw.push((host, word.into())))?;
                all_up &= power == Power::Up;
            }
            // Whether it is up cannot be known for sure; for a script it is not up.
            Err(message) => {
                here.in_handler(ctx, |moment| moment.saw.push((host, message)))?;
                all_up = false;
            }
        }
    }
    Ok(all_up)
}
