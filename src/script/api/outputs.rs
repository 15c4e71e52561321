//! Steps that switch the board's own outputs.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::{
    output::Level,
    plan::{OutputAct, OutputStep, Step},
    script::{
        context::{Context, Fallible},
        values::PipeValue,
    },
    suggest::did_you_mean_or_all,
};

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    let here = context.clone();
    engine.register_fn(
        "set",
        move |ctx: NativeCallContext, output: ImmutableString, level: Dynamic| {
            let number = level.as_float().ok().or_else(|| level.as_int().ok().map(|it| it as f64));
            let level = match (level.as_bool(), number) {
                (Ok(on), _) => Level::Switch(on),
                (_, Some(share)) if (0.0..=1.0).contains(&share) => Level::Share(share),
                _ => {
                    let message = "`set` needs true, false, or a number from 0 to 1";
                    return here.error(&ctx, message, None);
                }
            };
            here.switching(&ctx, &output, OutputAct::Set(level))
        },
    );
    let here = context.clone();
    engine.register_fn(
        "pulse",
        move |ctx: NativeCallContext, output: ImmutableString, length: ImmutableString| {
            let length = here.duration(&ctx, &length)?;
            if length.is_zero() {
                return here.error(&ctx, "a pulse of no length switches nothing", None);
            }
            here.switching(&ctx, &output, OutputAct::Pulse(length))
        },
    );
}

impl Context {
    fn switching(
        &self,
        ctx: &NativeCallContext,
        output: &str,
        act: OutputAct,
    ) -> Fallible<PipeValue> {
        let known = &self.around.outputs;
        if !known.iter().any(|name| **name == *output) {
            let names: Vec<&str> = known.iter().map(|name| &**name).collect();
            let help = match names[..] {
                [] => Some("the site file describes no [[output]] at all".to_owned()),
                _ => did_you_mean_or_all(output, &names),
            };
            return self.error(ctx, format!("no output is called \"{output}\""), help);
        }
        Ok(self.pipe(ctx, Step::Output(OutputStep { output: output.to_owned(), act })))
    }
}
