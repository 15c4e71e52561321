//! A password, for as long as it is needed and no longer.

use std::fmt;

/// Overwritten when it is dropped, and never printed.
pub struct Password(Vec<u8>);

impl Password {
    pub fn new(text: String) -> Self {
        Password(text.into_bytes())
    }

    pub fn reveal(&self) -> &str {
        // It was made from a String.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.fill(0);
        // Or else the compiler may leave out writing what nobody reads.
        std::hint::black_box(&self.0);
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
