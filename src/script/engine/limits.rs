//! The engine that everything else is registered on.

use std::path::Path;

use rhai::{Engine, EvalAltResult, FLOAT, INT, NativeCallContext};

use super::{Names, ScriptsFolder, strict};
use crate::{
    config::Limits,
    script::diagnostics::{VocabularyError, vocabulary_error},
};

/// The stack of a thread that runs scripts, in bytes. Only what is used takes memory.
///
/// [`MAX_DEPTH`] calls, each inside a deep expression, stay below it even in a debug build.
pub const STACK_SIZE: usize = 16 << 20;

/// The deepest nesting of calls that a site file may allow.
pub const MAX_DEPTH: usize = 64;

/// How deep expressions and blocks may be nested, on the top level and in functions.
const EXPRESSION_DEPTH: usize = 64;

const MAX_VARIABLES: usize = 1_000;
const MAX_FUNCTIONS: usize = 1_000;
const MAX_MODULES: usize = 32;

/// An engine with the house rules and Rhai's standard functions, and no vocabulary yet.
///
/// Imports resolve below `scripts_root`, without the vocabulary's constants; a load that has some
/// installs its own [`ScriptsFolder`].
pub fn base_engine(limits: &Limits, scripts_root: &Path) -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.depth.min(MAX_DEPTH))
        .set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH)
        .set_max_string_size(limits.size)
        .set_max_array_size(limits.size / 10)
        .set_max_map_size(limits.size / 10)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_modules(MAX_MODULES)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        // The fast operators compare before the strict ones are asked.
        .set_fast_operators(false)
        .disable_symbol("eval");
    strict::install(&mut engine);
    refuse_sleep(&mut engine);
    VocabularyError::register(&mut engine);
    ScriptsFolder::install(&mut engine, scripts_root, &Names::default());
    engine
}

/// Rhai's own `sleep` hears of no deadline, and panics at a number that is too large.
fn refuse_sleep(engine: &mut Engine) {
    fn refused(ctx: &NativeCallContext) -> Result<(), Box<EvalAltResult>> {
        let help = "let a timer go on later: `after(\"10m\", \"later\", start(…))`";
        let message = "a script does not sleep: its other handlers would have to wait";
        Err(vocabulary_error(message, Some(help), ctx.call_position()))
    }
    engine.register_fn("sleep", |ctx: NativeCallContext, _: INT| refused(&ctx));
    engine.register_fn("sleep", |ctx: NativeCallContext, _: FLOAT| refused(&ctx));
}
