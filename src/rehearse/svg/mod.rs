//! A picture of a rehearsal: sensors as curves, and below them what was done to which host.
//!
//! One self-contained SVG without scripts. It follows the reader's light or dark theme; hovering
//! over a mark tells what it is.

mod axis;
mod curve;
mod lanes;

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};

use self::axis::TimeAxis;
use crate::{clock::Zone, journal::Entry};

/// What one sensor said over time.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    /// As people write it: `°C`, or empty.
    pub unit: String,
    /// In the order of time.
    pub points: Vec<(DateTime<Utc>, f64)>,
    /// A longer silence is a gap in the curve.
    pub max_age: TimeDelta,
}

/// The frame, in pixels.
const WIDTH: f64 = 1000.0;
const LEFT: f64 = 110.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 10.0;
const PANEL: f64 = 120.0;
const PANEL_GAP: f64 = 30.0;
const LANE: f64 = 22.0;
const BOTTOM: f64 = 30.0;

/// Plain colours, and others for dark paper: not every viewer knows CSS variables.
const STYLE: &str = "\
svg{font:12px system-ui,sans-serif}\
.paper{fill:#fff}text{fill:#1f2933}text.faint{fill:#66727f}.grid{stroke:#e4e7eb;fill:none}\
.curve{stroke:#2166ac;stroke-width:1.4;fill:none;stroke-linejoin:round}\
.act{stroke:#7b8794;stroke-dasharray:2 3;stroke-opacity:.6}\
.up{fill:#2e7d32}.down{fill:#c62828}.other{fill:#8e6c00}.bar{fill:#2e7d32;fill-opacity:.2}\
@media(prefers-color-scheme:dark){\
.paper{fill:#1b222b}text{fill:#e4e7eb}text.faint{fill:#9aa5b1}.grid{stroke:#323f4b}\
.curve{stroke:#74b3f0}\
.up{fill:#81c784}.down{fill:#ef7a74}.other{fill:#e0b84c}.bar{fill:#81c784}}";

/// Draws the series below each other, and the journal's acts below them; times are the site's.
///
/// Nothing to draw gives an empty frame.
pub fn svg(series: &[Series], entries: &[Entry], zone: Zone) -> String {
    let lanes = lanes::lanes(entries);
    let axis = TimeAxis::over(span(series, entries), zone);
    let lanes_top = TOP + series.len() as f64 * (PANEL + PANEL_GAP);
    let bottom = lanes_top + lanes.len() as f64 * LANE;
    let height = bottom + BOTTOM;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\">\n<style>{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
    );
    axis.draw(&mut out, TOP, bottom);
    lanes::draw_guides(&mut out, &lanes, &axis, TOP, bottom);
    for (index, series) in series.iter().enumerate() {
        curve::draw(&mut out, series, &axis, TOP + index as f64 * (PANEL + PANEL_GAP));
    }
    lanes::draw(&mut out, &lanes, &axis, lanes_top);
    out.push_str("</svg>\n");
    out
}

/// From the first to the last moment that is known of, a minute at least.
fn span(series: &[Series], entries: &[Entry]) -> (DateTime<Utc>, DateTime<Utc>) {
    let points = series.iter().flat_map(|series| series.points.iter().map(|(at, _)| *at));
    let times = points.chain(entries.iter().map(|entry| entry.at));
    let (first, last) = times.fold((None::<DateTime<Utc>>, None), |(first, last), at| {
        (Some(first.map_or(at, |first| first.min(at))), last.max(Some(at)))
    });
    let first = first.unwrap_or(DateTime::UNIX_EPOCH);
    (first, last.unwrap_or(first).max(first + TimeDelta::minutes(1)))
}

fn text(out: &mut String, x: f64, y: f64, attributes: &str, words: &str) {
    writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{}</text>", escape(words))
        .expect("a string takes any text");
}

/// Names come from people's files: in XML some of their characters mean something else.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 has no way to write the other control characters.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
