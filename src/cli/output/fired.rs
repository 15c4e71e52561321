//! What came of a run, for people and for programs.

use serde_json::{Value, json};

use super::{Palette, printable};
use crate::script::actor::Fired;

/// The report as `pretty` prints it, then the reply and the mistake where there are any.
pub fn fired_as_text(fired: &Fired, palette: Palette) -> String {
    let mut text = String::new();
    if let Some(report) = &fired.report {
        text.push_str(&palette.marks(&printable(&report.pretty())));
        if report.quiet {
            text.push_str("nothing was picked, so that nothing was told\n");
        }
    }
    if let Some(reply) = &fired.reply {
        text.push_str(&format!("reply: {}\n", printable(reply)));
    }
    if let Some(error) = &fired.error {
        text.push_str(&format!("{}\n", error.trim_end()));
    }
    text
}

/// `done after 1.2 s`, `2 of 3 failed after 1.2 s`.
pub fn fired_in_a_word(fired: &Fired, palette: Palette) -> String {
    let failures = fired.report.as_ref().and_then(|report| report.failures());
    let came = match (&fired.error, failures) {
        (Some(_), _) => palette.bad("the script failed").to_string(),
        (None, Some(failures)) => palette.bad(failures).to_string(),
        (None, None) => palette.good("done").to_string(),
    };
    format!("{came}{}", after(fired.seconds))
}

/// ` after 1.2 s`, where it took any time worth a word.
pub(super) fn after(seconds: f64) -> String {
    if seconds < 0.05 { String::new() } else { format!(" after {seconds:.1} s") }
}

pub fn fired_as_json(fired: &Fired) -> Value {
    let rows = fired
        .report
        .as_ref()
        .map(|report| report.rows.iter().map(|row| row.to_flat_json()).collect::<Vec<_>>());
    json!({
        "ok": fired.is_ok(),
        "rows": rows,
        "reply": fired.reply,
        "error": fired.error,
        "seconds": fired.seconds,
    })
}
