//! A mistake in plain words, before it is joined with its place.

use rhai::Position;

use super::ScriptError;

pub(super) struct Plain {
    pub message: String,
    /// Stands at the marked place.
    pub label: &'static str,
    pub help: Option<String>,
}

impl Plain {
    pub fn new(message: impl Into<String>) -> Self {
        Plain { message: message.into(), label: "here", help: None }
    }

    pub fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn into_error(self, file: &str, source: &str, at: Position) -> ScriptError {
        let mut error = ScriptError::new(file, source, self.message).mark(at, self.label);
        error.help = self.help;
        error
    }
}
