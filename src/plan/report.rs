//! What came of a pipe: a row for every host, the failed ones among them.

use serde::{Deserialize, Serialize};

/// The result of a pipe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub rows: Vec<Row>,
    /// True when `pick` left nothing: the pipe ended quietly.
    #[serde(default)]
    pub quiet: bool,
}

/// What happened to one host (or, without a host, to one telling step).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub host: Option<String>,
    /// The last verb that was applied: `stop`, `shell`, …
    pub verb: String,
    pub ok: bool,
    /// False when the host already was as asked.
    pub changed: bool,
    /// A command's exit code; -1 when the host could not be reached.
    pub code: Option<i32>,
    /// What went wrong, in one line.
    pub error: Option<String>,
    /// What the command printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What a step found out, by name: `ports` of a scan.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub data: serde_json::Map<String, serde_json::Value>,
}

impl Row {
    /// The row as scripts and `--json` see it: what a step found out stands beside the rest.
    pub fn to_flat_json(&self) -> serde_json::Value {
        let mut row = serde_json::json!({
            "host": self.host,
            "verb": self.verb,
            "ok": self.ok,
            "changed": self.changed,
            "code": self.code,
            "error": self.error,
            "output": self.output,
            "seconds": self.seconds,
        });
        if let Some(fields) = row.as_object_mut() {
            fields.extend(self.data.clone());
        }
        row
    }
}

impl Report {
    pub fn is_ok(&self) -> bool {
        self.rows.iter().all(|row| row.ok)
    }

    /// False when somebody was asked and did not say yes.
    pub fn agreed(&self) -> bool {
        let asked = self.rows.iter().filter(|row| row.verb == "ask");
        asked
            .map(|row| row.data.get("answer"))
            .all(|answer| answer.and_then(serde_json::Value::as_str) == Some("yes"))
    }

    pub fn failed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.ok)
    }

    /// True when at least one host was changed.
    pub fn changed(&self) -> bool {
        self.rows.iter().any(|row| row.changed)
    }

    /// `2 of 3 failed`, `1 of 3 failed, email failed`, or nothing when all went well.
    pub fn failures(&self) -> Option<String> {
        let of_hosts = |row: &&Row| row.host.is_some();
        let mut parts = Vec::new();
        match self.failed().filter(of_hosts).count() {
            0 => {}
            failed => {
                let all = self.rows.iter().filter(of_hosts).count();
                parts.push(format!("{failed} of {all} failed"));
            }
        }
        let others = self.failed().filter(|row| row.host.is_none());
        parts.extend(others.map(|row| format!("{} failed", row.verb)));
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
