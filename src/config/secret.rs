//! A secret by its name. The value is looked up when it is used, and never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `{ secret = "mail" }` in the site file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    #[serde(rename = "secret")]
    pub name: String,
}

impl Secret {
    /// Letters, digits, `-` and `_`, in parts joined by `/`: no part can leave the folder.
    pub fn is_valid_name(name: &str) -> bool {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        name.len() <= 100
            && name.split('/').all(|part| !part.is_empty() && part.chars().all(allowed))
    }
}

/// A secret's value. It shows itself only to whoever calls [`SecretValue::reveal`].
pub struct SecretValue(String);

impl SecretValue {
    /// Takes what stood in a file or a variable; one newline at the end is no part of it.
    pub(super) fn new(mut bytes: Vec<u8>) -> Result<Self, std::string::FromUtf8Error> {
        for end in *b"\n\r" {
            if bytes.last() == Some(&end) {
                bytes.pop();
            }
        }
        String::from_utf8(bytes).map(SecretValue)
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Display for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Drop for SecretValue {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        // Keeps the compiler from leaving the zeroes out because nobody reads them.
        std::hint::black_box(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_never_shows_itself() {
        let value = SecretValue::new(b"hunter2\r\n".to_vec()).expect("valid text");
        assert_eq!(format!("{value} {value:?}"), "… …");
        assert_eq!(value.reveal(), "hunter2");
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        assert!(Secret::is_valid_name("hosts/big-iron_2"));
        for name in ["", "/etc/passwd", "../x", "a//b", "a/", ".", "ä"] {
            assert!(!Secret::is_valid_name(name), "{name}");
        }
    }
}
