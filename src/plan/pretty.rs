//! A report as people like to read it.

use std::fmt::Write;

use super::{Report, Row};

/// Of what one command printed.
const MOST_LINES_BENEATH: usize = 20;

impl Report {
    /// One line a host: `✔ foo  stopped (12.3 s)`, `✘ bar  no route to host`. What a command
    /// printed in several lines, a table, stands beneath it.
    pub fn pretty(&self) -> String {
        let width =
            self.rows.iter().filter_map(|row| row.host.as_ref()).map(|host| host.chars().count());
        let width = width.max().unwrap_or(0);
        let mut text = String::new();
        for row in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", row.pretty(width));
            row.lines_beneath().for_each(|line| {
                let _ = writeln!(text, "  {line}");
            });
        }
        text
    }
}

impl Row {
    /// The row in one line, the host's name padded to `width` characters.
    pub fn pretty(&self, width: usize) -> String {
        let mark = if self.ok { '✔' } else { '✘' };
        let what = self.host.as_deref().unwrap_or(&self.verb);
        format!("{mark} {what:<width$}  {}", self.came_to())
    }

    /// The last lines of an output that has more than one; no more of them than a screen takes.
    fn lines_beneath(&self) -> impl Iterator<Item = &str> {
        let lines: Vec<&str> =
            self.output.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let shown = match lines.len() {
            0 | 1 => 0,
            several => several.min(MOST_LINES_BENEATH),
        };
        lines.into_iter().rev().take(shown).rev()
    }

    fn came_to(&self) -> String {
        if let Some(error) = &self.error {
            let code = match self.code {
                Some(code) if code > 0 => format!("exit code {code}: "),
                _ => String::new(),
            };
            return format!("{code}{}", error.lines().last().unwrap_or_default());
        }
        if let (Some(at), true) = (self.text_of("at"), self.verb == "place") {
            return match (self.changed, self.text_of("stays")) {
                (true, _) => format!("placed on {at} ({:.1} s)", self.seconds),
                (false, Some(why)) => format!("stays on {at}: {why}"),
                (false, None) => format!("is on {at}"),
            };
        }
        let done = match (self.verb.as_str(), self.changed) {
            ("start" | "hold_on", true) => "started",
            ("start" | "hold_on", false) => "was up already",
            ("stop" | "hold_off", true) => "stopped",
            ("stop" | "hold_off", false) => "was down already",
            ("restart", _) => "restarted",
            ("update", true) => "updated",
            ("update", false) => "was up to date",
            ("create", true) => "created",
            ("create", false) => "was there already",
            ("destroy", true) => "destroyed",
            ("destroy", false) => "was not there",
            ("wake", _) => "woken",
            ("upload", _) => "uploaded",
            ("shell" | "set" | "pulse" | "ask" | "open_ports", _) => return self.said(),
            (other, _) => other,
        };
        if self.seconds >= 0.1 {
            format!("{done} ({:.1} s)", self.seconds)
        } else {
            done.to_owned()
        }
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.data.get(key)?.as_str()
    }

    /// What a command printed: its one line, or its last one and how many there were.
    fn said(&self) -> String {
        let mut lines = self.output.lines().filter(|line| !line.trim().is_empty());
        match (lines.clone().count(), lines.next_back()) {
            (0, _) | (_, None) => "done".into(),
            (1, Some(line)) => line.trim().to_owned(),
            (count, Some(last)) => format!("{} ({count} lines)", last.trim()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(host: &str, verb: &str) -> Row {
        Row { host: Some(host.into()), verb: verb.into(), ok: true, ..Row::default() }
    }

    #[test]
    fn a_report_reads_like_a_list() {
        let report = Report {
            rows: vec![
                Row { changed: true, seconds: 12.34, ..row("foo", "stop") },
                row("bar", "stop"),
                Row {
                    ok: false,
                    code: Some(3),
                    error: Some("first\nno space left".into()),
                    ..row("big-iron", "shell")
                },
                Row { output: "one\ntwo\n\n".into(), ..row("nas", "shell") },
            ],
            quiet: false,
        };
        assert_eq!(
            report.pretty(),
            "✔ foo       stopped (12.3 s)\n\
             ✔ bar       was down already\n\
             ✘ big-iron  exit code 3: no space left\n\
             ✔ nas       two (2 lines)\n  one\n  two\n"
        );
    }
}
