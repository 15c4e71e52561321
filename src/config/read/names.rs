//! The names of sensors, hosts, tags and the site: they become topics, file names and arguments.

use crate::config::{diagnostic::Span, mistakes::Mistakes};

/// Longer names fit on no line of a terminal.
const LONGEST: usize = 64;

/// Letters, digits, `-`, `_` and `.`, beginning with a letter or a digit. `what` is `a host`.
pub(super) fn check_name(mistakes: &Mistakes, what: &str, name: &str, span: Span) -> bool {
    let good = name.len() <= LONGEST && is_word(name);
    if !good {
        mistakes.error(
            span,
            format!("`{name}` cannot be the name of {what}"),
            format!("ASCII letters, digits, `-`, `_` and `.`; at most {LONGEST}"),
            fitting(name),
        );
    }
    good
}

/// Like [`check_name`], in parts joined by `/`: `closet/temperature`.
pub(super) fn check_sensor_name(mistakes: &Mistakes, name: &str, span: Span) -> bool {
    let good = name.len() <= LONGEST && name.split('/').all(is_word);
    if !good {
        mistakes.error(
            span,
            format!("`{name}` cannot be the name of a sensor"),
            format!(
                "ASCII letters, digits, `-`, `_` and `.`, with `/` between parts; at most {LONGEST}"
            ),
            fitting(name),
        );
    }
    good
}

fn is_word(part: &str) -> bool {
    part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// A name like the one that was tried, and allowed: `Closet Temperature` → `Closet-Temperature`.
fn fitting(name: &str) -> Option<String> {
    let parts: Vec<String> = name
        .split('/')
        .map(|part| {
            let words = part
                .split(|letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter)));
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            words.join("-").trim_start_matches(['-', '_', '.']).to_owned()
        })
        .filter(|part| !part.is_empty())
        .collect();
    let fitting = parts.join("/");
    (!fitting.is_empty() && fitting.len() <= LONGEST).then(|| format!("for example: \"{fitting}\""))
}
