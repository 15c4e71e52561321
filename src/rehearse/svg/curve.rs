//! One sensor's curve in its panel.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::{
    LEFT, PANEL, RIGHT, Series, WIDTH,
    axis::{TimeAxis, round_numbers},
    text,
};

/// Draws the panel whose upper edge is at `top`.
pub fn draw(out: &mut String, series: &Series, axis: &TimeAxis, top: f64) {
    let (low, high) = bounds(&series.points);
    let y = |value: f64| top + PANEL - (value - low) / (high - low) * PANEL;
    for number in round_numbers(low, high) {
        let right = WIDTH - RIGHT;
        writeln!(out, "<path class=\"grid\" d=\"M{LEFT} {:.1}H{right}\"/>", y(number))
            .expect("a string takes any text");
        let label = if series.unit.is_empty() {
            short(number)
        } else {
            format!("{} {}", short(number), series.unit)
        };
        text(out, LEFT - 6.0, y(number) + 4.0, "text-anchor=\"end\" class=\"faint\"", &label);
    }
    writeln!(out, "<path class=\"curve\" d=\"{}\"/>", path(series, axis, y))
        .expect("a string takes any text");
    text(out, LEFT + 6.0, top + 14.0, "font-weight=\"600\"", &series.name);
}

/// The lowest and the highest value with a little air; never the same.
fn bounds(points: &[(DateTime<Utc>, f64)]) -> (f64, f64) {
    let values = points.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return (0.0, 1.0);
    }
    let air = ((high - low) * 0.08).max(high.abs().max(low.abs()) * 1e-3).max(1e-3);
    (low - air, high + air)
}

/// Without a float's last digits.
fn short(number: f64) -> String {
    ((number * 1e6).round() / 1e6).to_string()
}

/// The points as a path: of all in one pixel column the first, lowest, highest and last count, so
/// that a year is as small as a day and loses no peak.
fn path(series: &Series, axis: &TimeAxis, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut before: Option<DateTime<Utc>> = None;
    let column = |at: &DateTime<Utc>| axis.x(*at).floor() as i64;
    for points in
        series.points.chunk_by(|a, b| column(&a.0) == column(&b.0) && b.0 - a.0 <= series.max_age)
    {
        let (first, last) = (points[0], points[points.len() - 1]);
        let by_value = |a: &&(DateTime<Utc>, f64), b: &&(DateTime<Utc>, f64)| a.1.total_cmp(&b.1);
        let lowest = points.iter().min_by(by_value).map_or(first, |point| *point);
        let highest = points.iter().max_by(by_value).map_or(first, |point| *point);
        let mut chosen = [first, lowest, highest, last];
        chosen.sort_by_key(|point| point.0);
        let bridged = before.is_some_and(|before| first.0 - before <= series.max_age);
        let mut command = if bridged { 'L' } else { 'M' };
        let mut previous = None;
        for point in chosen {
            if previous == Some(point) {
                continue;
            }
            write!(path, "{command}{:.1} {:.1}", axis.x(point.0), y(point.1))
                .expect("a string takes any text");
            command = 'L';
            previous = Some(point);
        }
        before = Some(last.0);
    }
    path
}
