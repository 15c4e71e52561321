//! The same message as HTML: the report as a table, the curve beside it.

use chrono::{DateTime, Utc};

use super::{
    Letterhead,
    drawing::{HEIGHT, WIDTH},
    words::{outcome, row_name, row_output, when},
};
use crate::plan::{Curve, Message, Row};

/// How the curve's image is called within the mail.
pub const CURVE: &str = "curve";
/// Rows that a table shows.
const ROWS: usize = 200;

const PAGE: &str = "font:15px/1.5 -apple-system,Segoe UI,Roboto,sans-serif;color:#1d2129;\
                    max-width:44em;margin:0";
const FAINT: &str = "color:#6b7280;font-size:13px";
const CODE: &str = "background:#f4f5f7;padding:8px 10px;white-space:pre-wrap;\
                    font:12px/1.4 Menlo,Consolas,monospace;margin:0 0 12px";
const CELL: &str = "padding:3px 14px 3px 0;vertical-align:top";

/// The whole page. Everything that comes from hosts, sensors and scripts is escaped.
pub fn html(message: &Message, created: DateTime<Utc>, head: &Letterhead) -> String {
    let mut page = format!("<!DOCTYPE html><html><body style=\"{PAGE}\">\n");
    if let Some(body) = &message.body {
        let body = escaped(body.trim_end());
        page += &format!("<p style=\"white-space:pre-wrap\">{body}</p>\n");
    }
    if let Some(curve) = &message.curve {
        page += &picture(curve, head);
    }
    page += &table(&message.report.rows);
    for row in message.report.failed() {
        if let Some(lines) = row_output(row) {
            let name = escaped(row_name(row));
            let text = escaped(&lines.join("\n"));
            page += &format!("<p>{name} said:</p><pre style=\"{CODE}\">{text}</pre>\n");
        }
    }
    let why = match message.cause.as_str() {
        "" => String::new(),
        cause => format!("Why: {}<br>", escaped(cause)),
    };
    let (origin, site) = (escaped(&message.origin), escaped(&head.site));
    let when = when(created, head);
    page + &format!("<p style=\"{FAINT}\">{why}{origin} on {site}, {when}</p>\n</body></html>\n")
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = "<table style=\"border-collapse:collapse;margin:12px 0\">\n".to_owned();
    for row in rows.iter().take(ROWS) {
        let (mark, colour) = if row.ok { ('✔', "#15803d") } else { ('✘', "#b91c1c") };
        let (name, outcome) = (escaped(row_name(row)), escaped(&outcome(row)));
        table += &format!(
            "<tr><td style=\"{CELL};color:{colour}\">{mark}</td><td style=\"{CELL}\"><b>{name}</b></td>\
             <td style=\"{CELL}\">{outcome}</td></tr>\n"
        );
    }
    if rows.len() > ROWS {
        table += &format!("<tr><td></td><td colspan=2>and {} more</td></tr>\n", rows.len() - ROWS);
    }
    table + "</table>\n"
}

fn picture(curve: &Curve, head: &Letterhead) -> String {
    let caption = escaped(&caption(curve, head));
    let (width, height) = (WIDTH / 2, HEIGHT / 2);
    format!(
        "<p><img src=\"cid:{CURVE}\" width=\"{width}\" height=\"{height}\" alt=\"{caption}\" \
         style=\"max-width:100%;border:1px solid #e3e6ea\"><br>\
         <span style=\"{FAINT}\">{caption}</span></p>\n"
    )
}

/// `closet/temperature: 55.1 to 71.3 °C, from 03:00 to 09:00`.
fn caption(curve: &Curve, head: &Letterhead) -> String {
    let (low, high) = curve.range();
    let local = |at: i64| {
        let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
        at.with_timezone(&head.timezone).format("%H:%M").to_string()
    };
    let times = match curve.points() {
        [(first, _), .., (last, _)] => format!(", from {} to {}", local(*first), local(*last)),
        _ => String::new(),
    };
    let short = |value: f64| (value * 100.0).round() / 100.0;
    let Curve { sensor, unit, .. } = curve;
    let text = format!("{sensor}: {} to {} {unit}", short(low), short(high));
    text.trim_end().to_owned() + &times
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push('\n'),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::post_office::{curve, head, letter};

    #[test]
    fn a_page_shows_the_report_the_curve_and_why() {
        let mut letter = letter("m1");
        letter.message.body = Some("It is hot & damp.".into());
        letter.message.curve = Some(curve());
        letter.message.report.rows = vec![Row {
            host: Some("foo".into()),
            verb: "stop".into(),
            error: Some("a password is required".into()),
            output: "sudo: <tty> missing".into(),
            ..Row::default()
        }];
        insta::assert_snapshot!(html(&letter.message, letter.created, &head()));
    }

    proptest! {
        #[test]
        fn nothing_foreign_becomes_markup(text in any::<String>()) {
            let mut letter = letter("m1");
            let bare = html(&letter.message, letter.created, &head());
            let tags = |page: &str| page.matches('<').count();
            letter.message.cause += &text;
            let with = html(&letter.message, letter.created, &head());
            prop_assert_eq!(tags(&bare), tags(&with));
        }
    }
}
