//! Errors that the vocabulary's own functions throw, with a way to mend them.

use std::fmt;

use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// Travels through the script as the value of Rhai's `ErrorRuntime`; a script that catches it and
/// prints it sees the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VocabularyError {
    pub message: String,
    pub help: Option<String>,
}

impl fmt::Display for VocabularyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl VocabularyError {
    /// Lets a script that catches one print it, and read its `message`.
    pub(in crate::script) fn register(engine: &mut Engine) {
        engine
            .register_type_with_name::<Self>("Error")
            .register_fn("to_string", |error: &mut Self| error.message.clone())
            .register_fn("to_debug", |error: &mut Self| error.message.clone())
            .register_get("message", |error: &mut Self| error.message.clone());
    }
}

/// An error for a native function to return. Without a position (`Position::NONE`) Rhai fills in
/// the place of the call.
pub fn vocabulary_error(
    message: impl Into<String>,
    help: Option<impl Into<String>>,
    at: Position,
) -> Box<EvalAltResult> {
    let error = VocabularyError { message: message.into(), help: help.map(Into::into) };
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), at))
}
