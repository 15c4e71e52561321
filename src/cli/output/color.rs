//! Colours, only where they are seen and wanted.

use std::{
    env, fmt,
    io::{IsTerminal, stderr, stdout},
};

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Into pipes and files, too
    Always,
    /// Not at all
    Never,
}

/// Paints text, or leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    on: bool,
}

impl Palette {
    pub fn for_stdout(choice: ColorChoice) -> Self {
        Palette::choose(choice, stdout().is_terminal(), wanted_by_environment())
    }

    pub fn for_stderr(choice: ColorChoice) -> Self {
        Palette::choose(choice, stderr().is_terminal(), wanted_by_environment())
    }

    fn choose(choice: ColorChoice, on_terminal: bool, wanted: bool) -> Self {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => on_terminal && wanted,
        };
        Palette { on }
    }

    pub fn is_on(self) -> bool {
        self.on
    }

    /// Green.
    pub fn good<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("32", text)
    }

    /// Red.
    pub fn bad<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("31", text)
    }

    /// Yellow.
    pub fn odd<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("33", text)
    }

    /// Grey: what is there for those who look for it.
    pub fn faint<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("2", text)
    }

    pub fn strong<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("1", text)
    }

    /// Paints the marks ✔ and ✘ of a text that is laid out already.
    pub fn marks(self, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        text.replace('✔', &self.good('✔').to_string()).replace('✘', &self.bad('✘').to_string())
    }

    fn paint<T>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: self.on.then_some(code), text }
    }
}

/// Text between the escape sequences of ECMA-48.
pub struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\x1b[{code}m{}\x1b[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}

/// <https://no-color.org>: set and not empty means no.
fn wanted_by_environment() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    !refused && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let on = |choice, terminal, wanted| Palette::choose(choice, terminal, wanted).is_on();
        assert!(on(ColorChoice::Auto, true, true));
        assert!(!on(ColorChoice::Auto, false, true));
        assert!(!on(ColorChoice::Auto, true, false));
        assert!(on(ColorChoice::Always, false, false));
        assert!(!on(ColorChoice::Never, true, true));
    }

    #[test]
    fn without_colours_nothing_is_added() {
        let plain = Palette { on: false };
        assert_eq!(format!("{:>4}|{}", plain.bad("x"), plain.marks("✔ a")), "   x|✔ a");
        assert_eq!(Palette { on: true }.marks("✔ a"), "\x1b[32m✔\x1b[0m a");
    }
}
