//! One value of the site file, read as the type that its key asks for.

use std::time::Duration;

use toml::{Spanned, de::DeValue};

use super::{Secret, diagnostic::Span, mistakes::Mistakes, section::Section, size::parse_size};
use crate::clock::parse_duration;

/// No sensor, host or history waits longer; it keeps sums of times far from overflowing.
const LONGEST: Duration = Duration::from_secs(3653 * 86_400);

/// A key with its value. A reader that returns `None` has reported why.
#[derive(Clone)]
pub struct Field<'t> {
    pub key: &'static str,
    pub key_span: Span,
    pub value: &'t Spanned<DeValue<'t>>,
    pub mistakes: &'t Mistakes,
}

impl<'t> Field<'t> {
    pub fn span(&self) -> Span {
        self.value.span()
    }

    /// Reports a value of the right type that cannot be right.
    pub fn wrong(
        &self,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.mistakes.error(self.span(), message, label, help);
    }

    pub fn wrong_type(&self, wanted: &str, help: &str) {
        let found = type_name(self.value.get_ref());
        self.wrong(
            format!("`{}` takes {wanted}, and this is {found}", self.key),
            format!("not {wanted}"),
            help.to_owned(),
        );
    }

    /// A string that is not empty.
    pub fn text(&self) -> Option<&'t str> {
        match self.value.get_ref().as_str() {
            Some(text) if text.trim().is_empty() => {
                self.wrong(format!("`{}` is empty", self.key), "nothing in it", None);
                None
            }
            Some(text) => Some(text),
            None => {
                self.wrong_type("a string", "write it in quotes");
                None
            }
        }
    }

    pub fn number(&self) -> Option<f64> {
        let number = number(self.value.get_ref());
        if number.is_none() {
            self.wrong_type("a number", "write it without quotes, with a point: 0.5");
        }
        number
    }

    pub fn boolean(&self) -> Option<bool> {
        let answer = self.value.get_ref().as_bool();
        if answer.is_none() {
            self.wrong_type("true or false", "write it without quotes");
        }
        answer
    }

    /// A whole number between two bounds, both allowed.
    pub fn whole(&self, lowest: u64, highest: u64) -> Option<u64> {
        let DeValue::Integer(digits) = self.value.get_ref() else {
            self.wrong_type("a whole number", "write it without quotes and without a point");
            return None;
        };
        match u64::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) if (lowest..=highest).contains(&number) => Some(number),
            _ => {
                self.wrong(
                    format!("`{}` is out of range", self.key),
                    format!("must be from {lowest} to {highest}"),
                    None,
                );
                None
            }
        }
    }

    /// `[low, high]`, low below high.
    pub fn range(&self) -> Option<(f64, f64)> {
        let bounds: Option<Vec<f64>> = self
            .value
            .get_ref()
            .as_array()
            .and_then(|array| array.iter().map(|item| number(item.get_ref())).collect());
        match bounds.as_deref() {
            Some(&[low, high]) if low < high => Some((low, high)),
            Some(&[low, high]) => {
                self.wrong(
                    format!("`{}` leaves no value between {low} and {high}", self.key),
                    "the lower bound comes first",
                    format!("{} = [-20, 110]", self.key),
                );
                None
            }
            _ => {
                let example = format!("{} = [-20, 110]", self.key);
                self.wrong_type("a list of two numbers", &example);
                None
            }
        }
    }

    /// A length of time: longer than nothing, at most ten years.
    pub fn duration(&self) -> Option<Duration> {
        let Some(text) = self.value.get_ref().as_str() else {
            self.wrong_type("a duration in quotes", "with its unit: \"500ms\", \"10s\", \"5m\"");
            return None;
        };
        match parse_duration(text) {
            Ok(Duration::ZERO) => {
                self.wrong(format!("`{}` is no time at all", self.key), "too short", None);
                None
            }
            Ok(duration) if duration > LONGEST => {
                self.wrong(format!("`{}` is longer than ten years", self.key), "too long", None);
                None
            }
            Ok(duration) => Some(duration),
            Err(error) => {
                self.wrong(format!("`{}`: {error}", self.key), "not a duration", None);
                None
            }
        }
    }

    /// A size in bytes: `"512MB"`, or a plain whole number.
    pub fn size(&self) -> Option<u64> {
        const HELP: &str = "a number of bytes, or with a unit: \"64KB\", \"512MB\", \"2GiB\"";
        match self.value.get_ref() {
            DeValue::Integer(_) => self.whole(1, u64::MAX),
            DeValue::String(text) => {
                let size = parse_size(text);
                if size.is_none() {
                    self.wrong(
                        format!("`{}` is not a size", self.key),
                        "not a size",
                        HELP.to_owned(),
                    );
                }
                size
            }
            _ => {
                self.wrong_type("a size", HELP);
                None
            }
        }
    }

    /// A list of strings, none of them empty, each with its place.
    pub fn texts(&self) -> Option<Vec<Spanned<&'t str>>> {
        let texts: Option<Vec<_>> = self.value.get_ref().as_array().and_then(|array| {
            array
                .iter()
                .map(|item| Some(Spanned::new(item.span(), item.get_ref().as_str()?)))
                .collect()
        });
        if texts.is_none() {
            self.wrong_type("a list of strings", &format!("{} = [\"one\", \"two\"]", self.key));
        }
        texts
    }

    /// `{ secret = "name" }`; the secret itself must not stand in the file.
    pub fn secret(&self) -> Option<Secret> {
        if !self.value.get_ref().is_table() {
            let key = self.key;
            self.wrong(
                format!("a secret stands in the file, as the value of `{key}`"),
                "anyone who reads the file knows it",
                format!(
                    "write {key} = {{ secret = \"NAME\" }}, and put the secret itself into \
                     secrets/NAME beside this file (chmod 600)"
                ),
            );
            return None;
        }
        let table = Section::of(format!("`{}`", self.key), self);
        let name = table.required("secret", "{ secret = \"mail\" }");
        table.finish();
        let name = name?;
        let text = name.text()?;
        if Secret::is_valid_name(text) {
            return Some(Secret { name: text.to_owned() });
        }
        name.wrong(
            format!("`{text}` cannot be the name of a secret"),
            "letters, digits, `-`, `_` and `/` between them",
            None,
        );
        None
    }
}

pub fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(digits) => {
            i64::from_str_radix(digits.as_str(), digits.radix()).ok()? as f64
        }
        DeValue::Float(digits) => digits.as_str().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// What a value is, in words.
pub fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
