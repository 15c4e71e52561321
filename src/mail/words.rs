//! A message in plain text, as people like to read it.

use chrono::{DateTime, Utc};

use super::Letterhead;
use crate::plan::{Message, Report, Row};

/// Rows that a text shows.
const ROWS: usize = 200;
/// Lines of a failed command's output, the last ones.
const LINES: usize = 20;
/// Characters of one line of output, and of one finding.
const WIDTH: usize = 300;

/// The whole text: what the script wrote, the report, the output of what failed, and why it ran.
pub fn plain_text(message: &Message, created: DateTime<Utc>, head: &Letterhead) -> String {
    let mut parts = Vec::new();
    parts.extend(message.body.as_deref().map(|body| body.trim_end().to_owned()));
    parts.push(report_lines(&message.report).join("\n"));
    parts.extend(message.report.failed().filter_map(output));
    let why = match message.cause.as_str() {
        "" => String::new(),
        cause => format!("Why: {cause}\n"),
    };
    parts.push(format!("{why}{} on {}, {}", message.origin, head.site, when(created, head)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

/// As people there read it: `2027-01-15 09:00:00 CET`.
pub(super) fn when(created: DateTime<Utc>, head: &Letterhead) -> String {
    let zone = head.timezone;
    let local = created.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S");
    format!("{local} {}", zone.abbreviation(created))
}

/// A line a row: `✔ foo  stopped`, `✘ bar  stop: no route to host`.
pub fn report_lines(report: &Report) -> Vec<String> {
    let width = report.rows.iter().map(|row| row_name(row).chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for row in report.rows.iter().take(ROWS) {
        let mark = if row.ok { '✔' } else { '✘' };
        lines.push(format!("{mark} {:width$}  {}", row_name(row), outcome(row)));
        lines.extend(
            row.data
                .iter()
                .map(|(key, value)| format!("    {key}: {}", bounded(&value.to_string()))),
        );
    }
    if report.rows.len() > ROWS {
        lines.push(format!("  and {} more", report.rows.len() - ROWS));
    }
    lines
}

pub(super) fn row_name(row: &Row) -> &str {
    row.host.as_deref().unwrap_or("-")
}

pub(super) fn outcome(row: &Row) -> String {
    if row.ok && row.verb == "ask" {
        return bounded(&row.output);
    }
    if row.ok {
        let done = past(&row.verb);
        return if row.changed || row.verb == "shell" { done } else { format!("already {done}") };
    }
    let code = row.code.filter(|code| *code >= 0).map(|code| format!(" (exit code {code})"));
    let error = row.error.as_deref().unwrap_or("failed");
    format!("{}: {}{}", row.verb, bounded(error), code.unwrap_or_default())
}

/// What a verb has done.
fn past(verb: &str) -> String {
    match verb {
        "stop" => "stopped",
        "shell" => "done",
        "wake" => "woken",
        "hold_off" => "held off",
        "hold_on" => "held on",
        "release" | "update" | "create" | "place" => return format!("{verb}d"),
        "start" | "restart" | "upload" | "destroy" => return format!("{verb}ed"),
        other => other,
    }
    .to_owned()
}

fn output(row: &Row) -> Option<String> {
    let mut text = format!("{} said:", row_name(row));
    for line in row_output(row)? {
        text += &format!("\n  {line}");
    }
    Some(text)
}

/// The last lines that a command said; `None` when it said nothing.
pub(super) fn row_output(row: &Row) -> Option<Vec<String>> {
    let lines: Vec<&str> = row.output.trim_end().lines().collect();
    if lines.is_empty() {
        return None;
    }
    let left_out = lines.len().saturating_sub(LINES);
    let note = (left_out > 0).then(|| format!("… {left_out} lines left out"));
    Some(note.into_iter().chain(lines[left_out..].iter().map(|line| bounded(line))).collect())
}

/// Whether [`row_output`] shows less than there is.
pub(super) fn is_output_cut(row: &Row) -> bool {
    let mut lines = row.output.trim_end().lines();
    lines.clone().count() > LINES || lines.any(|line| line.chars().nth(WIDTH).is_some())
}

/// One line of at most [`WIDTH`] characters, none of which steers a terminal.
fn bounded(text: &str) -> String {
    let mut line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WIDTH).collect();
    if text.chars().nth(WIDTH).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::post_office::{head, letter};

    fn row(host: &str, verb: &str) -> Row {
        Row {
            host: Some(host.into()),
            verb: verb.into(),
            ok: true,
            changed: true,
            ..Row::default()
        }
    }

    #[test]
    fn a_report_reads_like_a_list_of_what_happened() {
        let mut letter = letter("m1");
        letter.message.body = Some("It is hot in there.\n".into());
        letter.message.report.rows = vec![
            row("foo", "stop"),
            Row { changed: false, ..row("bar", "stop") },
            Row {
                ok: false,
                code: Some(1),
                error: Some("a password is required".into()),
                output: "sudo: a terminal is required\n\u{1b}[31msudo: a password is required\n"
                    .into(),
                ..row("big-iron", "stop")
            },
        ];
        let text = plain_text(&letter.message, letter.created, &head());
        assert_eq!(
            text,
            "It is hot in there.\n\n\
             ✔ foo       stopped\n\
             ✔ bar       already stopped\n\
             ✘ big-iron  stop: a password is required (exit code 1)\n\n\
             big-iron said:\n  sudo: a terminal is required\n   [31msudo: a password is required\n\n\
             Why: closet/temperature 71.3 °C, above 70 °C\n\
             closet-heat/closet-heat on closet, 2027-01-15 09:00:00 CET\n"
        );
    }

    #[test]
    fn what_is_long_is_cut() {
        let mut letter = letter("m1");
        let output = "x".repeat(10_000) + &"\nline".repeat(1_000);
        let failed = Row { ok: false, output, ..row("foo", "shell") };
        letter.message.report.rows = vec![failed; 500];
        let text = plain_text(&letter.message, letter.created, &head());
        assert!(text.contains("and 300 more"));
        assert!(text.contains("981 lines left out"));
    }
}
