//! Finds the bracket that was opened and never closed.

use rhai::Position;

/// Where the bracket stands that lacks its other half; `None` when all are closed. Texts and
/// comments are passed over. Where the brackets alone leave a choice, the indentation tells which
/// one was forgotten.
pub(super) fn unclosed(source: &str) -> Option<Position> {
    let mut open: Vec<Opened> = Vec::new();
    let mut out_of_line = None;
    let mut letters = Letters::of(source);
    while let Some((letter, at)) = letters.next() {
        match letter {
            '(' | '[' | '{' => open.push(Opened { letter, at, indent: letters.indent }),
            ')' | ']' | '}' => {
                let opened = open.pop()?;
                if !opened.is_closed_by(letter) {
                    return out_of_line.or(Some(opened.at));
                }
                if letters.column == letters.indent && letters.indent < opened.indent {
                    out_of_line.get_or_insert(opened.at);
                }
            }
            '"' | '`' | '\'' => letters.pass_text(letter),
            '/' if letters.next_is('/') => letters.pass_line(),
            '/' if letters.next_is('*') => letters.pass_comment(),
            _ => {}
        }
    }
    open.pop().map(|opened| out_of_line.unwrap_or(opened.at))
}

struct Opened {
    letter: char,
    at: Position,
    /// The column in which its line begins.
    indent: u16,
}

impl Opened {
    fn is_closed_by(&self, closer: char) -> bool {
        matches!((self.letter, closer), ('(', ')') | ('[', ']') | ('{', '}'))
    }
}

/// The source's letters with their places, counted as Rhai counts them.
struct Letters<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: u16,
    column: u16,
    /// The column of the line's first letter that is not blank.
    indent: u16,
}

impl<'a> Letters<'a> {
    fn of(source: &'a str) -> Self {
        Letters { rest: source.chars().peekable(), line: 1, column: 0, indent: 0 }
    }

    fn next(&mut self) -> Option<(char, Position)> {
        let letter = self.rest.next()?;
        if letter == '\n' {
            (self.line, self.column, self.indent) = (self.line.saturating_add(1), 0, 0);
            return Some((letter, Position::NONE));
        }
        self.column = self.column.saturating_add(1);
        if self.indent == 0 && !letter.is_whitespace() {
            self.indent = self.column;
        }
        Some((letter, Position::new(self.line, self.column)))
    }

    fn next_is(&mut self, letter: char) -> bool {
        self.rest.peek() == Some(&letter)
    }

    fn pass_text(&mut self, quote: char) {
        while let Some((letter, _)) = self.next() {
            match letter {
                '\\' => drop(self.next()),
                _ if letter == quote => return,
                _ => {}
            }
        }
    }

    fn pass_line(&mut self) {
        while self.next().is_some_and(|(letter, _)| letter != '\n') {}
    }

    /// Comments nest.
    fn pass_comment(&mut self) {
        let mut depth = 1;
        self.next();
        while depth > 0 {
            match self.next() {
                Some(('*', _)) if self.next_is('/') => depth -= 1,
                Some(('/', _)) if self.next_is('*') => depth += 1,
                Some(_) => continue,
                None => return,
            }
            self.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(source: &str) -> Option<(usize, usize)> {
        unclosed(source).map(|at| (at.line().unwrap(), at.position().unwrap()))
    }

    #[test]
    fn the_culprit_is_the_one_that_was_forgotten() {
        assert_eq!(place("watch(\"a\", || {\n  if x {\n    f();\n});\n"), Some((2, 8)));
        assert_eq!(place("fn f() {\n  [1, 2;\n}\n"), Some((2, 3)));
        assert_eq!(place("fn f() {\n  g(1);\n"), Some((1, 8)));
        assert_eq!(place("fn f() {\n  if x {\n    g(1);\n}\nf();"), Some((2, 8)));
    }

    #[test]
    fn texts_and_comments_close_nothing() {
        assert_eq!(place("f(\"a ( \\\" { \", `x [`, '{'); // ((\n/* ( /* [ */ { */ g();"), None);
        assert_eq!(place("f(1));"), None);
    }
}
