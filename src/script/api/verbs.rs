//! Acting steps.

use std::sync::Arc;

use rhai::{Engine, ImmutableString, NativeCallContext};

use crate::{
    plan::{Act, Step, Verb},
    script::{
        context::{Context, Fallible},
        values::{HostSet, PipeValue},
    },
    suggest::did_you_mean,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    on_hosts(engine, context, "start", || Verb::Start);
    on_hosts(engine, context, "stop", || Verb::Stop { with_guests: false });
    on_hosts(engine, context, "restart", || Verb::Restart);
    on_hosts(engine, context, "update", || Verb::Update);
    on_hosts(engine, context, "wake", || Verb::Wake);
    on_hosts(engine, context, "destroy", || Verb::Destroy);
    // `stop`, `restart` and `update` take no hosts from the pipe: what they do is not undone by a
    // slip of the keyboard.
    on_pipe(engine, context, "start", || Verb::Start);
    on_pipe(engine, context, "wake", || Verb::Wake);

    on_hosts(engine, context, "open_ports", || Verb::OpenPorts { network: None });
    on_pipe(engine, context, "open_ports", || Verb::OpenPorts { network: None });
    let here = context.clone();
    engine.register_fn(
        "open_ports",
        move |ctx: NativeCallContext, scanners: HostSet, network: ImmutableString| {
            let known = &here.around.networks;
            if !known.iter().any(|name| **name == *network) {
                let help = did_you_mean(&network, known.iter().map(|name| &**name));
                let usual = format!("describe it in the site file: [networks.{network}]");
                let message = format!("no network is called \"{network}\"");
                return here.error(&ctx, message, help.or(Some(usual)));
            }
            let verb = Verb::OpenPorts { network: Some(network.into()) };
            Ok(here.acting(&ctx, verb, Some(scanners)))
        },
    );

    with_text(engine, context, "shell", |command| Verb::Shell { command });
    with_text(engine, context, "hold_off", |hold| Verb::HoldOff { hold });
    with_text(engine, context, "hold_on", |hold| Verb::HoldOn { hold });

    let here = context.clone();
    engine.register_fn(
        "upload",
        move |ctx: NativeCallContext,
              hosts: HostSet,
              from: ImmutableString,
              to: ImmutableString| {
            let verb = Verb::Upload { from: from.into(), to: to.into() };
            here.acting(&ctx, verb, Some(hosts))
        },
    );
    let here = context.clone();
    engine.register_fn(
        "upload",
        move |ctx: NativeCallContext, from: ImmutableString, to: ImmutableString| {
            here.acting(&ctx, Verb::Upload { from: from.into(), to: to.into() }, None)
        },
    );
    let here = context.clone();
    engine.register_fn(
        "create",
        move |ctx: NativeCallContext, hosts: HostSet, template: ImmutableString| {
            here.known_template(&ctx, &template)?;
            Fallible::Ok(here.acting(&ctx, Verb::Create { template: template.into() }, Some(hosts)))
        },
    );
    let here = context.clone();
    engine.register_fn("release", move |ctx: NativeCallContext, hold: ImmutableString| {
        here.acting(&ctx, Verb::Release { hold: hold.into() }, None)
    });
}

fn on_hosts(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    verb: impl Fn() -> Verb + Send + Sync + 'static,
) {
    let here = context.clone();
    engine.register_fn(name, move |ctx: NativeCallContext, hosts: HostSet| {
        here.acting(&ctx, verb(), Some(hosts))
    });
}

fn on_pipe(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    verb: impl Fn() -> Verb + Send + Sync + 'static,
) {
    let here = context.clone();
    engine.register_fn(name, move |ctx: NativeCallContext| here.acting(&ctx, verb(), None));
}

/// A verb with one word of text, on named hosts or on those of the pipe.
fn with_text(
    engine: &mut Engine,
    context: &Arc<Context>,
    name: &'static str,
    verb: impl Fn(String) -> Verb + Clone + Send + Sync + 'static,
) {
    let (here, make) = (context.clone(), verb.clone());
    engine.register_fn(
        name,
        move |ctx: NativeCallContext, hosts: HostSet, text: ImmutableString| {
            here.acting(&ctx, make(text.into()), Some(hosts))
        },
    );
    let here = context.clone();
    engine.register_fn(name, move |ctx: NativeCallContext, text: ImmutableString| {
        here.acting(&ctx, verb(text.into()), None)
    });
}

impl Context {
    pub(super) fn acting(
        &self,
        ctx: &NativeCallContext,
        verb: Verb,
        hosts: Option<HostSet>,
    ) -> PipeValue {
        let hosts = hosts.map(|hosts| hosts.names().to_vec());
        self.pipe(ctx, Step::Act(Act { verb, hosts }))
    }

    /// A new pipe of one step.
    pub(super) fn pipe(&self, ctx: &NativeCallContext, step: Step) -> PipeValue {
        PipeValue::new(vec![step], self.place(ctx), &self.unused)
    }
}
