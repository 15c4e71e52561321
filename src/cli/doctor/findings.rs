//! What a doctor found, with what to do about it.

use std::fmt;

use serde_json::json;

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

#[derive(Debug)]
struct Finding {
    fine: bool,
    what: String,
    /// What to do.
    help: Option<String>,
}

impl Findings {
    pub(super) fn fine(&mut self, what: impl Into<String>) {
        self.0.push(Finding { fine: true, what: what.into(), help: None });
    }

    pub(super) fn wrong(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.0.push(Finding { fine: false, what: what.into(), help: Some(help.into()) });
    }

    /// Not wrong by itself, and perhaps the reason.
    pub(super) fn note(&mut self, what: impl Into<String>, help: impl Into<String>) {
        self.0.push(Finding { fine: true, what: what.into(), help: Some(help.into()) });
    }

    pub(super) fn are_fine(&self) -> bool {
        self.0.iter().all(|finding| finding.fine)
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let all = self.0.iter().map(
            |finding| json!({ "fine": finding.fine, "what": finding.what, "help": finding.help }),
        );
        all.collect()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.0 {
            writeln!(f, "{} {}", if finding.fine { "✔" } else { "✘" }, finding.what)?;
            if let Some(help) = &finding.help {
                writeln!(f, "    {help}")?;
            }
        }
        Ok(())
    }
}
