//! The site file's diagnostics, for people and for programs.

use serde_json::{Value, json};

use super::Palette;
use crate::config::Diagnostic;

/// Each with its source, then how many there are.
pub fn diagnostics_as_text(diagnostics: &[Diagnostic], palette: Palette) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&diagnostic.render(palette.is_on()));
        text.push('\n');
    }
    let errors = diagnostics.iter().filter(|each| each.is_error()).count();
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        _ => Some(format!("{count} {what}s")),
    };
    let counts = [counted(errors, "error"), counted(diagnostics.len() - errors, "warning")];
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    if !counts.is_empty() {
        text.push_str(&counts.join(", "));
        text.push('\n');
    }
    text
}

pub fn diagnostics_as_json(diagnostics: &[Diagnostic]) -> Value {
    let each = |diagnostic: &Diagnostic| {
        let place = diagnostic.place();
        json!({
            "severity": if diagnostic.is_error() { "error" } else { "warning" },
            "message": diagnostic.message,
            "cause": diagnostic.label,
            "help": diagnostic.help,
            "file": place.map(|(file, ..)| file),
            "line": place.map(|(_, line, _)| line),
            "column": place.map(|(.., column)| column),
        })
    };
    diagnostics.iter().map(each).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::SourceText;

    #[test]
    fn programs_get_place_cause_and_remedy() {
        let source = SourceText::new(Path::new("w.toml"), "a = 1\nb = 2\n", &[]);
        let help = Some("leave it out".to_owned());
        let found = [Diagnostic::at(&source, 6..7, "unknown key `b`", "not known", help)];
        assert_eq!(
            diagnostics_as_json(&found),
            json!([{
                "severity": "error", "message": "unknown key `b`", "cause": "not known",
                "help": "leave it out", "file": "w.toml", "line": 2, "column": 1,
            }])
        );
    }
}
