//! Functions of a script, kept and called later. The one file that leans on Rhai's volatile
//! stored context.

// Deprecated only in name: Rhai marks what it may change, and its version is pinned.
#![allow(deprecated)]

use std::fmt;

use rhai::{
    AST, Dynamic, Engine, EvalAltResult, FnPtr, FuncArgs, NativeCallContext, NativeCallContextStore,
};

use super::constants::defined_function;

/// A function pointer with the context in which it was handed over: the script's functions, its
/// constants, its imports, and the place for error messages.
#[derive(Clone)]
pub struct StoredFunction {
    function: FnPtr,
    context: NativeCallContextStore,
}

impl StoredFunction {
    pub fn new(context: &NativeCallContext<'_>, function: FnPtr) -> Self {
        let mut context = context.store_data();
        // What was used up while the script loaded is not the handler's.
        context.global.level = 0;
        context.global.num_operations = Default::default();
        StoredFunction { function, context }
    }

    /// Calls the function as if from the place where it was handed over. Operations are counted
    /// from nothing each time.
    ///
    /// # Errors
    /// Whatever the script throws, with the chain of calls down from that place.
    pub fn call(
        &self,
        engine: &Engine,
        args: impl FuncArgs,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        let context = self.context.create_context(engine);
        self.function.call_within_context(&context, args)
    }

    /// The name by which the script can be asked for this function again after a restart; `None`
    /// for a closure, and for a function with arguments already bound to it.
    pub fn name(&self) -> Option<&str> {
        let storable = !self.function.is_anonymous() && !self.function.is_curried();
        storable.then(|| self.function.fn_name())
    }

    /// Another function of the same script, by its name: for a timer that was stored before a
    /// restart. `None` when the script has no such function any more.
    pub fn named(&self, name: &str) -> Option<Self> {
        let function = defined_function(&self.context.global, name)?;
        Some(StoredFunction { function, context: self.context.clone() })
    }

    /// The file in which it was handed over: the script's own, or an import of it. Its errors are
    /// explained from there.
    pub fn file(&self) -> Option<&str> {
        self.context.global.source.as_deref()
    }

    /// Whether the function has a parameter left that nothing is bound to.
    pub fn wants_argument(&self, script: &AST) -> bool {
        let bound = self.function.curry().len();
        script
            .iter_functions()
            .any(|each| each.name == self.function.fn_name() && each.params.len() == bound + 1)
    }

    /// The line and column, from 1, of the call that handed it over; `None` where not known.
    pub fn place(&self) -> Option<(usize, usize)> {
        Some((self.context.pos.line()?, self.context.pos.position()?))
    }
}

impl fmt::Debug for StoredFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoredFunction").field(&self.name().unwrap_or("|…|")).finish()
    }
}
