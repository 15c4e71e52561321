//! The journal of a rehearsal, or of real days, as people read it: by day, a run in one piece.

mod block;
mod words;

use std::{collections::BTreeSet, fmt::Write};

use chrono::{DateTime, NaiveDate, Utc};
use indexmap::IndexMap;

use self::block::Block;
use super::Style;
use crate::{clock::Zone, journal::Entry};

/// The entries as text, in the site's local time. Runs that changed nothing, failed at nothing and
/// told nobody anything are only counted, at the end of their day, and so is trouble that repeats
/// itself.
pub fn timeline(entries: &[Entry], zone: Zone, style: Style) -> String {
    let blocks = block::blocks(entries);
    let day_of = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let mut text = String::new();
    for day in blocks.chunk_by(|a, b| day_of(a.at()) == day_of(b.at())) {
        if !text.is_empty() {
            text.push('\n');
        }
        write_day(&mut text, day_of(day[0].at()), day, zone, style);
    }
    text
}

/// Room for the time and the space around it: `  14:05:10  `.
const TIME: usize = 12;

fn write_day(text: &mut String, date: NaiveDate, day: &[Block], zone: Zone, style: Style) {
    let heading = date.format("%A, %-d %B %Y").to_string();
    push_line(text, &style.strong(&heading));
    let (quiet, loud): (Vec<&Block>, Vec<&Block>) = day.iter().partition(|each| each.is_quiet());
    let mut troubles = BTreeSet::new();
    let (loud, again): (Vec<&Block>, Vec<&Block>) = loud.into_iter().partition(|each| {
        each.trouble().is_none_or(|trouble| troubles.insert((each.name(), trouble)))
    });
    let width = loud.iter().map(|block| block.name().chars().count()).max().unwrap_or(0);
    for block in loud {
        let time = block.at().with_timezone(&zone).format("%H:%M:%S").to_string();
        let (head, details) = words::describe(block, style);
        let mut head = head.lines();
        let name = style.strong(&format!("{:width$}", block.name()));
        push_line(
            text,
            &format!("  {}  {name}  {}", style.quiet(&time), head.next().unwrap_or("")),
        );
        let indent = " ".repeat(TIME + width + 2);
        for line in head.chain(details.iter().flat_map(|detail| detail.lines())) {
            push_line(text, &format!("{indent}{line}"));
        }
    }
    for (what, blocks) in [("the same again", again), ("without effect", quiet)] {
        if !blocks.is_empty() {
            let line = format!("{}{what}: {}", " ".repeat(TIME), count_by_name(&blocks));
            push_line(text, &style.quiet(&line));
        }
    }
}

/// `closet-heat 20 times, power-check once`.
fn count_by_name(blocks: &[&Block]) -> String {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for block in blocks {
        *counts.entry(block.name()).or_default() += 1;
    }
    let mut text = String::new();
    for (name, count) in counts {
        let comma = if text.is_empty() { "" } else { ", " };
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        write!(text, "{comma}{name} {times}").expect("a string takes any text");
    }
    text
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests;
