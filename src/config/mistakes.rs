//! Collects every mistake of one pass, so that the owner mends the file once and not ten times.

use std::cell::RefCell;

use miette::Severity;

use super::diagnostic::{Diagnostic, SourceText, Span};

/// A mistake before it is joined with its source.
#[derive(Debug)]
struct Mistake {
    span: Span,
    message: String,
    label: String,
    help: Option<String>,
    severity: Severity,
}

/// All that is wrong so far. Shared by the readers of all sections.
#[derive(Debug, Default)]
pub struct Mistakes {
    found: RefCell<Vec<Mistake>>,
    /// Places that are not TOML at all, with what was expected there.
    syntax: RefCell<Vec<(Span, String)>>,
}

impl Mistakes {
    /// `label` stands at the place itself, `help` says how to mend it.
    pub fn error(
        &self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.push(span, Severity::Error, message.into(), label.into(), help.into());
    }

    pub fn warning(
        &self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.push(span, Severity::Warning, message.into(), label.into(), help.into());
    }

    pub fn syntax(&self, span: Span, label: &str) {
        self.syntax.borrow_mut().push((span, label.to_owned()));
    }

    fn push(
        &self,
        span: Span,
        severity: Severity,
        message: String,
        label: String,
        help: Option<String>,
    ) {
        self.found.borrow_mut().push(Mistake { span, message, label, help, severity });
    }

    /// Diagnostics in the order of the file. What a line that is not TOML was taken for is nobody's
    /// mistake, so nothing else is said about that line.
    pub fn into_diagnostics(self, source: &SourceText) -> Vec<Diagnostic> {
        let syntax = self.syntax.into_inner();
        let line_of = |span: &Span| source.position(span.start).0;
        let broken: Vec<usize> = syntax.iter().map(|(span, _)| line_of(span)).collect();
        let mut found = self.found.into_inner();
        let made_up = |span: &Span| !broken.is_empty() && span.is_empty();
        found.retain(|each| !broken.contains(&line_of(&each.span)) && !made_up(&each.span));
        found.extend(syntax.into_iter().map(|(span, label)| Mistake {
            span,
            message: "this is not TOML".into(),
            label,
            help: None,
            severity: Severity::Error,
        }));
        found.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        let diagnose = |Mistake { span, message, label, help, severity }| {
            let mut diagnostic = Diagnostic::at(source, span, message, label, help);
            diagnostic.severity = severity;
            diagnostic
        };
        found.into_iter().map(diagnose).collect()
    }
}
