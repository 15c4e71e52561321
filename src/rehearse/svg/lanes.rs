//! What was done, a lane for each host and one for messages.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use super::{LANE, LEFT, axis::TimeAxis, escape, text};
use crate::{
    journal::{Entry, Event},
    rehearse::switches::Switches,
};

/// The marks of one host.
pub struct Lane<'a> {
    name: &'a str,
    marks: Vec<Mark>,
}

struct Mark {
    at: DateTime<Utc>,
    kind: Kind,
    /// What hovering tells: `stop foo, by closet-heat`.
    title: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    On,
    Off,
    /// Changed without being switched: an update, a command.
    Other,
    Failed,
    Message,
}

/// A cross of two bars, as an outline.
const CROSS: &str = "m0 -1.6 3.4-3.4 1.6 1.6-3.4 3.4 3.4 3.4-1.6 1.6-3.4-3.4-3.4 3.4-1.6-1.6 3.4-3.4-3.4-3.4 1.6-1.6z";

/// The lanes, in the order in which their hosts first appear; messages stand last.
pub fn lanes(entries: &[Entry]) -> Vec<Lane<'_>> {
    let mut lanes: IndexMap<&str, Vec<Mark>> = IndexMap::new();
    let mut messages = Vec::new();
    let mut switches = Switches::default();
    for entry in entries {
        let switched = switches.of(entry).map(|switch| switch.on);
        match &entry.event {
            Event::Did { row } if row.changed || !row.ok => {
                let Some(host) = row.host.as_deref() else { continue };
                let (kind, how) = match switched {
                    _ if !row.ok => (Kind::Failed, " failed"),
                    Some(true) => (Kind::On, ""),
                    Some(false) => (Kind::Off, ""),
                    None => (Kind::Other, ""),
                };
                let title = format!("{} {host}{how}, by {}", row.verb, entry.watch);
                lanes.entry(host).or_default().push(Mark { at: entry.at, kind, title });
            }
            Event::Told { channel, subject, .. } if channel != "pretty" => {
                let title = format!("{channel}: {subject}");
                messages.push(Mark { at: entry.at, kind: Kind::Message, title });
            }
            _ => {}
        }
    }
    let mut lanes: Vec<Lane> =
        lanes.into_iter().map(|(name, marks)| Lane { name, marks }).collect();
    if !messages.is_empty() {
        lanes.push(Lane { name: "messages", marks: messages });
    }
    lanes
}

/// Faint lines through the curves where something was done.
pub fn draw_guides(out: &mut String, lanes: &[Lane], axis: &TimeAxis, top: f64, bottom: f64) {
    let marks = lanes.iter().flat_map(|lane| &lane.marks);
    let mut columns: Vec<i64> = marks.map(|mark| axis.x(mark.at).round() as i64).collect();
    columns.sort_unstable();
    columns.dedup();
    for x in columns {
        writeln!(out, "<path class=\"act\" d=\"M{x} {top}V{bottom}\"/>")
            .expect("a string takes any text");
    }
}

/// Draws the lanes below each other, the first at `top`.
pub fn draw(out: &mut String, lanes: &[Lane], axis: &TimeAxis, top: f64) {
    for (index, lane) in lanes.iter().enumerate() {
        let middle = top + (index as f64 + 0.5) * LANE;
        text(out, LEFT - 6.0, middle + 4.0, "text-anchor=\"end\"", lane.name);
        for (from, until) in lane.on(axis) {
            let (left, width) = (axis.x(from), axis.x(until) - axis.x(from));
            let y = middle - 5.0;
            writeln!(
                out,
                "<rect class=\"bar\" x=\"{left:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"10\"/>"
            )
            .expect("a string takes any text");
        }
        for mark in &lane.marks {
            mark.draw(out, axis, middle);
        }
    }
}

impl Lane<'_> {
    /// When the host was on, as far as its switches tell: one that is switched off was on before.
    fn on(&self, axis: &TimeAxis) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut spans = Vec::new();
        let mut switches =
            self.marks.iter().filter(|mark| matches!(mark.kind, Kind::On | Kind::Off)).peekable();
        let mut since = switches.peek().filter(|mark| mark.kind == Kind::Off).map(|_| axis.from());
        for mark in switches {
            match (mark.kind, since) {
                (Kind::On, None) => since = Some(mark.at),
                (Kind::Off, Some(from)) => {
                    spans.push((from, mark.at));
                    since = None;
                }
                _ => {}
            }
        }
        spans.extend(since.map(|from| (from, axis.until())));
        spans
    }
}

impl Mark {
    fn draw(&self, out: &mut String, axis: &TimeAxis, y: f64) {
        let (class, shape) = match self.kind {
            Kind::On => ("up", "m0 -5 5 9h-10z"),
            Kind::Off => ("down", "m0 5 5 -9h-10z"),
            Kind::Other => ("other", "m0 -5 5 5-5 5-5-5z"),
            Kind::Failed => ("down", CROSS),
            Kind::Message => ("other", "m-5 -3.5h10v7h-10z"),
        };
        let (x, title) = (axis.x(self.at), escape(&self.title));
        let at = axis.local(self.at);
        writeln!(
            out,
            "<path class=\"{class}\" d=\"M{x:.1} {y:.1}{shape}\"><title>{title}, {at}</title></path>"
        )
        .expect("a string takes any text");
    }
}
