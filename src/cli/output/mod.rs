//! What the verbs print: tables, JSON, colours, questions, times.

mod ago;
mod checked;
mod color;
mod confirm;
mod diagnostics;
mod entry;
mod exit;
mod fired;
mod json;
mod log;
mod table;
mod terminal;

pub use ago::ago;
pub use checked::{checked_as_json, checked_as_text};
pub use color::{ColorChoice, Palette};
pub use confirm::{ConfirmError, confirm};
pub use diagnostics::{diagnostics_as_json, diagnostics_as_text};
pub use entry::{describe, who};
pub use exit::Exit;
pub use fired::{fired_as_json, fired_as_text, fired_in_a_word};
pub use json::print_json;
pub use log::log_to_stderr;
pub use table::{Listing, printable};
pub use terminal::Terminal;
