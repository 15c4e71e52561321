//! The lines of upsd's protocol. Pure.

use std::fmt;

use crate::sensor::ReadError;

/// A line to upsd.
pub(super) enum Question<'a> {
    User(&'a str),
    Password(&'a str),
    List,
    Variable { ups: &'a str, name: &'a str },
}

impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::User(user) => write!(f, "USERNAME {}", quoted(user)),
            Question::Password(password) => write!(f, "PASSWORD {}", quoted(password)),
            Question::List => f.write_str("LIST UPS"),
            Question::Variable { ups, name } => write!(f, "GET VAR {ups} {name}"),
        }
    }
}

/// A word in quotes; what would end the line is left out, so that nobody can add a command.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted + "\""
}

/// A line from upsd.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Ok,
    BeginList,
    EndList,
    Ups(String),
    Variable(String),
}

/// Reads a line.
///
/// # Errors
/// What upsd refuses, with how to mend it; lines that are none of its.
pub(super) fn parse(line: &str) -> Result<Answer, ReadError> {
    let words = split(line.trim_end_matches(['\r', '\n']));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["OK", ..] => Ok(Answer::Ok),
        ["BEGIN", "LIST", ..] => Ok(Answer::BeginList),
        ["END", "LIST", ..] => Ok(Answer::EndList),
        ["UPS", name, ..] => Ok(Answer::Ups(name.to_owned())),
        ["VAR", _, _, value] => Ok(Answer::Variable(value.to_owned())),
        ["ERR", reason, ..] => Err(refusal(reason)),
        _ => Err(ReadError::Transient(format!("this is no upsd: it says `{}`", line.trim()))),
    }
}

fn refusal(reason: &str) -> ReadError {
    match reason {
        "DATA-STALE" => ReadError::Transient(
            "the UPS has stopped answering (DATA-STALE): check its cable".to_owned(),
        ),
        "DRIVER-NOT-CONNECTED" => ReadError::Transient(
            "the UPS's driver is not running: `systemctl status nut-driver@…`".to_owned(),
        ),
        "UNKNOWN-UPS" => ReadError::Permanent(
            "it knows no UPS of that name; leave `ups` out, or see ups.conf".to_owned(),
        ),
        "VAR-NOT-SUPPORTED" => ReadError::Permanent(
            "this UPS has no such variable; `upsc NAME` lists what it has".to_owned(),
        ),
        "ACCESS-DENIED" | "INVALID-USERNAME" | "INVALID-PASSWORD" | "USERNAME-REQUIRED"
        | "PASSWORD-REQUIRED" => ReadError::Permanent(format!(
            "access denied ({reason}): check `user`, `password` and upsd.users"
        )),
        _ => ReadError::Permanent(format!("it refuses: {reason}")),
    }
}

/// Words, quoted ones as one, with the backslashes taken out.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = line.chars();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    while let Some(c) = letters.next() {
        match c {
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            c if c.is_whitespace() && !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The unit of a variable, by the convention of its name; empty when there is none.
pub(super) fn unit_of(variable: &str) -> &'static str {
    let last = variable.rsplit('.').find(|part| {
        !matches!(*part, "nominal" | "low" | "high" | "minimum" | "maximum" | "warning")
    });
    match last.unwrap_or_default() {
        "charge" | "load" | "humidity" | "efficiency" => "%",
        "runtime" => "s",
        "voltage" => "V",
        "current" => "A",
        "frequency" => "Hz",
        "temperature" => "°C",
        "power" => "VA",
        "realpower" => "W",
        "capacity" => "Ah",
        _ => "",
    }
}
