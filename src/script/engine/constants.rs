//! Names that mean the same everywhere in a script: the vocabulary's constants (`once_an_hour`),
//! the script's own top-level constants, and its functions by their bare names.
//!
//! Rhai's functions see nothing of the top level, so all three are looked up here whenever the
//! local scope does not have the name.

use std::{collections::BTreeMap, sync::Arc};

use rhai::{Dynamic, Engine, FnPtr, GlobalRuntimeState, ImmutableString};

/// The vocabulary's constants.
#[derive(Clone, Debug, Default)]
pub struct Names(Arc<BTreeMap<ImmutableString, Dynamic>>);

impl Names {
    pub fn new<N: Into<ImmutableString>>(names: impl IntoIterator<Item = (N, Dynamic)>) -> Self {
        Names(Arc::new(names.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(ImmutableString::as_str)
    }

    pub fn get(&self, name: &str) -> Option<&Dynamic> {
        self.0.get(name)
    }

    /// Makes these names, the script's constants and its functions visible at run time.
    pub(super) fn install(&self, engine: &mut Engine) {
        let names = self.clone();
        // Deprecated only in name: Rhai marks what it may change, and its version is pinned.
        #[allow(deprecated)]
        engine.on_var(move |name, offset, context| {
            let is_local = offset > 0 || context.scope().contains(name);
            if is_local {
                return Ok(None);
            }
            let state = context.global_runtime_state();
            Ok(constant(state, name)
                .or_else(|| names.get(name).cloned())
                .or_else(|| defined_function(state, name).map(Dynamic::from)))
        });
    }
}

fn constant(state: &GlobalRuntimeState, name: &str) -> Option<Dynamic> {
    let constants = state.constants.as_ref()?;
    // A panic while the lock is held leaves the map whole: nothing but inserts happens under it.
    let constants = constants.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    constants.get(name).cloned()
}

/// A function of the script's own, by its name.
pub(super) fn defined_function(state: &GlobalRuntimeState, name: &str) -> Option<FnPtr> {
    let defined = state
        .lib
        .iter()
        .any(|module| module.iter_script_fn_info().any(|(_, _, each, _, _)| each == name));
    // It has a name that the parser accepted, so that this cannot fail.
    defined.then(|| FnPtr::new(name).ok()).flatten()
}
