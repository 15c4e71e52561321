//! Colour, when it is asked for.

/// How text for people is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    #[default]
    Plain,
    /// ANSI escape sequences, for a terminal.
    Colour,
}

impl Style {
    pub fn good(self, text: &str) -> String {
        self.mark("32", text)
    }

    pub fn bad(self, text: &str) -> String {
        self.mark("31", text)
    }

    pub fn strong(self, text: &str) -> String {
        self.mark("1", text)
    }

    pub fn quiet(self, text: &str) -> String {
        self.mark("2", text)
    }

    fn mark(self, code: &str, text: &str) -> String {
        match self {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}
