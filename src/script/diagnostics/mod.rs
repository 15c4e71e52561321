//! Mistakes in scripts, as their owner should read them: what, where, why, and how to mend it.

mod brackets;
mod context;
mod error;
mod eval;
mod functions;
mod parse;
mod plain;
mod render;
mod span;
mod words;

mod vocabulary;

pub use context::Context;
pub use error::{Label, ScriptError, Severity, panic_text};
pub use functions::{known_functions, signatures_of};
pub use render::JsonError;
pub use span::Span;
pub use vocabulary::{VocabularyError, vocabulary_error};
pub use words::type_word;

#[cfg(test)]
mod tests;
