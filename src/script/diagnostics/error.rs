//! One mistake in a script.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::Span;

/// A mistake, or something that looks like one, with its place in the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ScriptError {
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    pub severity: Severity,
    /// The file as people should read it, relative to the scripts' folder.
    pub file: Arc<str>,
    /// The whole text of that file.
    pub text: Arc<str>,
    /// The places, the mistake's own first, then the calls that led to it, innermost first.
    pub labels: Vec<Label>,
    /// The calls that led to it from other files.
    pub elsewhere: Vec<ScriptError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Not a mistake: a place that led to one.
    Note,
    /// It works, but probably not as meant.
    Warning,
    /// It does not work.
    Error,
}

/// A marked place and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

impl ScriptError {
    /// An error without a place yet.
    pub fn new(file: &str, source: &str, message: impl Into<String>) -> Self {
        ScriptError {
            message: message.into(),
            help: None,
            severity: Severity::Error,
            file: file.into(),
            text: source.into(),
            labels: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    /// Marks a place; the first one marked is the mistake's own. A place that is not known is left
    /// out.
    pub fn mark(mut self, at: rhai::Position, text: impl Into<String>) -> Self {
        if let Some(span) = Span::at(&self.text, at) {
            self.labels.push(Label { span, text: text.into() });
        }
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Line and column of the mistake itself, from 1.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.labels.first().map(|label| (label.span.line, label.span.column))
    }

    /// A native function panicked: the agent's mistake, not the script's.
    pub fn from_panic(panic: &(dyn std::any::Any + Send), file: &str, source: &str) -> Self {
        let text = panic_text(panic);
        ScriptError::new(
            file,
            source,
            format!("the agent itself failed while running this: {text}"),
        )
        .help("this is a mistake in watchpost, not in the script: please report it with the script")
    }
}

/// What a panic said.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}
