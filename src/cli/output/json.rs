//! JSON for other programs.

use std::io::{self, Write};

use serde::Serialize;

/// Writes a value, indented, with a newline at the end.
///
/// # Errors
/// When it cannot be written, a closed pipe included.
pub fn print_json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
