//! Finds what may be a secret that was written into the site file, so that no message shows it.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::diagnostic::Span;

const SECRET_KEYS: [&str; 12] = [
    "password",
    "passphrase",
    "token",
    "passwd",
    "api_key",
    "secret_key",
    "access_key",
    "session_token",
    // Headers of HTTP.
    "authorization",
    "cookie",
    "x-api-key",
    "x-auth-token",
];

/// The values of keys that hold secrets, wherever they stand, and addresses with a password.
/// A secret's *name* (`{ secret = "mail" }`) is none.
pub(super) fn find_secrets(table: &DeTable<'_>) -> Vec<Span> {
    let mut found = Vec::new();
    search_table(table, &mut found);
    found
}

fn search_table(table: &DeTable<'_>, found: &mut Vec<Span>) {
    for (key, value) in table.iter() {
        let name = key.get_ref().to_ascii_lowercase();
        if SECRET_KEYS.contains(&name.as_str()) && !value.get_ref().is_table() {
            found.push(value.span());
        } else {
            search_value(value, found);
        }
    }
}

fn search_value(value: &Spanned<DeValue<'_>>, found: &mut Vec<Span>) {
    match value.get_ref() {
        DeValue::Table(table) => search_table(table, found),
        DeValue::Array(items) => items.iter().for_each(|item| search_value(item, found)),
        DeValue::String(text) if holds_password(text) => found.push(value.span()),
        _ => {}
    }
}

/// `scheme://user:password@host`
fn holds_password(text: &str) -> bool {
    let authority = text.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    authority.is_some_and(|authority| authority.contains('@'))
}

/// What follows such a key on its line: for files that are not TOML, where nothing is certain.
pub(super) fn find_secret_lines(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        let keys = SECRET_KEYS.iter().filter_map(|key| Some(lower.find(key)? + key.len()));
        found.extend(keys.min().map(|end_of_key| start + end_of_key..start + line.len()));
        if holds_password(line) {
            found.push(start..start + line.len());
        }
        start += line.len();
    }
    found
}
