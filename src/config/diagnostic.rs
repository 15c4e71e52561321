//! A mistake in the site file, as its owner reads it: what, where, why, and how to mend it.

use std::{fmt, ops::Range, path::Path, sync::Arc};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity};

/// Bytes of the site file, from the first to one past the last.
pub type Span = Range<usize>;

/// The text of a site file, with every value that may be a secret blotted out.
#[derive(Clone, Debug)]
pub struct SourceText {
    name: String,
    text: Arc<str>,
}

impl SourceText {
    /// `secrets` are the spans that no message may show.
    pub fn new(file: &Path, text: &str, secrets: &[Span]) -> Self {
        SourceText { name: file.display().to_string(), text: blot_out(text, secrets).into() }
    }

    /// The file's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Line and column of a byte, both counted from 1, the column in characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Replaces secrets by asterisks, byte for byte, so that every span stays where it is.
fn blot_out(text: &str, secrets: &[Span]) -> String {
    let hidden = |offset| secrets.iter().any(|secret| secret.contains(&offset));
    text.char_indices()
        .flat_map(|(offset, letter)| {
            let blotted = hidden(offset) && letter != '\n';
            let times = if blotted { letter.len_utf8() } else { 1 };
            std::iter::repeat_n(if blotted { '*' } else { letter }, times)
        })
        .collect()
}

/// Something that is wrong, or odd, in the site file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What is said at the marked place itself.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
    /// `Error` keeps the agent from starting; `Warning` does not.
    pub severity: Severity,
    mark: Option<Mark>,
}

/// The marked place.
#[derive(Clone, Debug)]
struct Mark {
    source: NamedSource<Arc<str>>,
    span: Span,
    line: usize,
    column: usize,
}

/// A [`Diagnostic`] of the severity `Warning`.
pub type Warning = Diagnostic;

impl Diagnostic {
    /// A mistake that has no place in a file: the file itself cannot be read.
    pub fn without_place(message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Diagnostic {
            message: message.into(),
            label: String::new(),
            help: help.into(),
            severity: Severity::Error,
            mark: None,
        }
    }

    /// An error that marks a place of the site file.
    pub fn at(
        source: &SourceText,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        let start = source.text.floor_char_boundary(span.start);
        let end = source.text.ceil_char_boundary(span.end.max(start));
        let (line, column) = source.position(start);
        let named = NamedSource::new(source.name.clone(), source.text.clone());
        Diagnostic {
            message: message.into(),
            label: label.into(),
            help,
            severity: Severity::Error,
            mark: Some(Mark { source: named, span: start..end, line, column }),
        }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The file, and line and column counted from 1; `None` where no file could be read.
    pub fn place(&self) -> Option<(&str, usize, usize)> {
        self.mark.as_ref().map(|mark| (mark.source.name(), mark.line, mark.column))
    }

    /// The whole diagnostic for people, with the source and the marked place.
    pub fn render(&self, colours: bool) -> String {
        let theme =
            if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let mut text = String::new();
        match GraphicalReportHandler::new_themed(theme)
            .with_width(100)
            .with_links(false)
            .render_report(&mut text, self)
        {
            Ok(()) => text,
            // Drawing fails only where the source cannot be shown; the words must still arrive.
            Err(_) => format!("{self}\n"),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.mark.as_ref().map(|mark| &mark.source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = &self.mark.as_ref()?.span;
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        Some(Box::new(std::iter::once(LabeledSpan::new(label, span.start, span.len()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blotting_out_keeps_every_byte_in_its_place() {
        let secret = 4..12;
        let blotted = blot_out("a = \"pä\nß\"\n", std::slice::from_ref(&secret));
        assert_eq!(blotted, "a = ****\n***\n");
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = SourceText::new(Path::new("x.toml"), "ä = 1\nß = 2\n", &[]);
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(3), (1, 3));
        assert_eq!(source.position(12), (2, 5));
    }

    #[test]
    fn a_span_inside_a_letter_or_past_the_end_is_still_rendered() {
        let source = SourceText::new(Path::new("x.toml"), "ä", &[]);
        for span in [1..1, 1..9, 7..9] {
            assert!(Diagnostic::at(&source, span, "odd", "", None).render(false).contains("odd"));
        }
    }
}
