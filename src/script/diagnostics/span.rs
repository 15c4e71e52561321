//! From Rhai's line and column to the bytes of the source that should be marked.

use std::ops::Range;

use rhai::Position;
use serde::{Deserialize, Serialize};

/// A place in a source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The word, literal or operator that stands there.
    pub bytes: Range<usize>,
}

impl Span {
    /// `None` for a position that is not known, or that lies outside the text.
    pub fn at(source: &str, position: Position) -> Option<Self> {
        let line = position.line()?;
        let column = position.position().unwrap_or(1).max(1);
        let line_start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let rest = source.get(line_start..)?;
        let text = rest.lines().next().unwrap_or_default();
        let within = text.char_indices().nth(column - 1).map_or(text.len(), |(index, _)| index);
        let start = line_start + within;
        Some(Span { line, column, bytes: start..start + token_length(&text[within..]) })
    }

    /// What is marked.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.bytes.clone()).unwrap_or_default()
    }
}

fn token_length(text: &str) -> usize {
    let Some(first) = text.chars().next() else { return 0 };
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_operator = |letter: char| "=<>!|&+-*/%^~?.".contains(letter);
    let end = if is_word(first) {
        text.find(|letter| !is_word(letter))
    } else if matches!(first, '"' | '`' | '\'') {
        end_of_string(text, first)
    } else if is_operator(first) {
        text.find(|letter| !is_operator(letter))
    } else {
        Some(first.len_utf8())
    };
    end.unwrap_or(text.len())
}

fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, letter) in text.char_indices().skip(1) {
        if letter == quote && !escaped {
            return Some(index + quote.len_utf8());
        }
        escaped = letter == '\\' && !escaped;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(source: &str, line: u16, column: u16) -> &str {
        let span = Span::at(source, Position::new(line, column)).expect("a place");
        span.text(source)
    }

    #[test]
    fn words_literals_and_operators_are_marked_whole() {
        let source = "let x = 1;\nsensor(\"a \\\" b\") >= wärme_1;";
        assert_eq!(marked(source, 2, 1), "sensor");
        assert_eq!(marked(source, 2, 8), "\"a \\\" b\"");
        assert_eq!(marked(source, 2, 18), ">=");
        assert_eq!(marked(source, 2, 21), "wärme_1");
        assert_eq!(marked(source, 2, 99), "");
    }

    proptest! {
        #[test]
        fn any_position_in_any_text_is_a_valid_span(
            source in "[a-zä\"'`|. \n\\\\]{0,60}", line in 1u16..9, column in 0u16..30,
        ) {
            if let Some(span) = Span::at(&source, Position::new(line, column)) {
                prop_assert!(source.get(span.bytes).is_some());
            }
        }
    }
}
