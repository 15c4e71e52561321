//! The same mistake for a terminal, for a mail, and for another program.

use std::fmt::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use serde::Serialize;

use super::{Label, ScriptError, Severity};

/// A mistake for another program: an editor, a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JsonError {
    pub file: String,
    /// From 1; absent where the place is not known.
    pub line: Option<usize>,
    /// In characters, from 1.
    pub column: Option<usize>,
    pub severity: String,
    pub message: String,
    pub help: Option<String>,
}

impl ScriptError {
    /// With the source and its marked places, for people at a terminal.
    pub fn to_terminal(&self, colours: bool) -> String {
        let theme =
            if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
        let mut text = String::new();
        match handler.render_report(&mut text, self) {
            Ok(()) => text,
            // It fails only on spans outside the source; the plain form needs none.
            Err(fmt::Error) => self.to_text(),
        }
    }

    /// In plain ASCII frames, for the journal and for mails.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text);
        text
    }

    pub fn to_json(&self) -> JsonError {
        let place = self.place();
        JsonError {
            file: self.file.to_string(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            severity: self.severity.to_string(),
            message: self.message.clone(),
            help: self.help.clone(),
        }
    }

    fn write_text(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self.place() {
            Some((line, column)) => {
                writeln!(text, "{}:{line}:{column}: {}: {}", self.file, self.severity, self.message)
            }
            None => writeln!(text, "{}: {}: {}", self.file, self.severity, self.message),
        };
        self.write_labels(text);
        if let Some(help) = &self.help {
            let _ = writeln!(text, "  help: {help}");
        }
        for call in &self.elsewhere {
            let Some((line, column)) = call.place() else { continue };
            let _ = writeln!(text, "{}:{line}:{column}: {}", call.file, call.message);
            call.write_labels(text);
        }
    }

    /// Places that follow each other on one line share it.
    fn write_labels(&self, text: &mut String) {
        let mut shown = 0;
        for label in &self.labels {
            self.write_label(text, label, label.span.line != shown);
            shown = label.span.line;
        }
    }

    fn write_label(&self, text: &mut String, label: &Label, with_source: bool) {
        let Some(line) = self.text.lines().nth(label.span.line - 1) else { return };
        let before: String = line
            .chars()
            .take(label.span.column - 1)
            .map(|c| if c == '\t' { c } else { ' ' })
            .collect();
        let width = label.span.text(&self.text).chars().count().max(1);
        let number = label.span.line;
        if with_source {
            let _ = writeln!(text, "{number:>4} | {line}");
        }
        let _ = writeln!(text, "     | {before}{} {}", "^".repeat(width), label.text);
    }
}

impl Diagnostic for ScriptError {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().enumerate().map(|(index, label)| {
            let text = Some(label.text.clone());
            let span = label.span.bytes.clone();
            if index == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let calls = self.elsewhere.iter().map(|call| call as &dyn Diagnostic);
        (!self.elsewhere.is_empty()).then(|| Box::new(calls) as _)
    }
}

/// The source with its file's name, without a copy of either.
impl SourceCode for ScriptError {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.to_string(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use rhai::Position;

    use super::*;

    #[test]
    fn places_on_one_line_share_it() {
        let error = ScriptError::new("a.rhai", "watch(\"a\", f)\nfn f() {}", "no")
            .mark(Position::new(1, 12), "here")
            .mark(Position::new(1, 1), "registered here")
            .mark(Position::new(2, 4), "made here");
        let text = error.to_text();
        assert_eq!(text.matches("1 | watch").count(), 1, "{text}");
        assert_eq!(text.matches("2 | fn f()").count(), 1, "{text}");
        assert_eq!(text.matches('^').count(), "f".len() + "watch".len() + "f".len(), "{text}");
    }
}
