//! Mistakes in scripts, as their owner should read them: what, where, why, and how to mend it.

mod context;
mod error;
mod eval;
mod functions;
mod parse;
mod plain;
mod render;
mod span;
mod suggest;
mod words;

mod vocabulary;

pub use context::Context;
pub use error::{Label, ScriptError, Severity};
pub use functions::{known_functions, signatures_of};
pub use render::JsonError;
pub use span::Span;
pub use suggest::{did_you_mean, nearest};
pub use vocabulary::{VocabularyError, vocabulary_error};
pub use words::type_word;

#[cfg(test)]
mod tests;
