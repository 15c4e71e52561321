//! How the decisions of two versions of a script differ over the same time.

use chrono::{DateTime, TimeDelta, Utc};
use indexmap::IndexMap;
use serde::Serialize;

use super::{Audience, Style, open_runs::OpenRuns, switches::Switches};
use crate::{
    clock::Zone,
    journal::{Entry, Event},
};

/// Firings and switches no further apart than this are the same decision, moved.
const MOVED: TimeDelta = TimeDelta::hours(1);

/// What was decided, and when: firings of watches, switches of hosts, messages.
#[derive(Debug, Default)]
pub struct Decisions {
    of: IndexMap<String, Vec<DateTime<Utc>>>,
    switches: Switches,
    open: OpenRuns,
}

impl Decisions {
    /// What was decided, in the order in which each was first decided.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[DateTime<Utc>])> {
        self.of.iter().map(|(what, times)| (what.as_str(), times.as_slice()))
    }

    fn times(&self, what: &str) -> &[DateTime<Utc>] {
        self.of.get(what).map_or(&[], Vec::as_slice)
    }
}

impl Audience for Decisions {
    fn see(&mut self, entry: &Entry) {
        let begins = self.open.begins(entry);
        let what = match &entry.event {
            Event::Fired { .. } if !begins => return,
            Event::Fired { .. } => format!("{} fired", entry.watch),
            Event::Told { channel, subject, .. } => format!("{channel} \"{subject}\""),
            Event::Failed { .. } => format!("{} failed", entry.watch),
            _ => match self.switches.of(entry) {
                Some(switch) if switch.on => format!("{} started", switch.host),
                Some(switch) => format!("{} stopped", switch.host),
                None => return,
            },
        };
        self.of.entry(what).or_default().push(entry.at);
    }
}

/// How two versions differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Differences {
    /// In the order of time.
    pub all: Vec<Difference>,
    /// Decisions that both versions take at the same moment.
    pub same: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `closet-heat fired`, `foo stopped`, `email "too hot"`.
    pub what: String,
    /// When the old version does it.
    pub old: Option<DateTime<Utc>>,
    /// When the new one does.
    pub new: Option<DateTime<Utc>>,
}

impl Difference {
    fn at(&self) -> Option<DateTime<Utc>> {
        self.old.into_iter().chain(self.new).min()
    }
}

/// Compares what two versions decided.
pub fn differences(old: &Decisions, new: &Decisions) -> Differences {
    let mut found = Differences::default();
    let only_new = new.of.keys().filter(|what| !old.of.contains_key(*what));
    for what in old.of.keys().chain(only_new) {
        match_up(what, old.times(what), new.times(what), &mut found);
    }
    found.all.sort_by_key(Difference::at);
    found
}

/// Pairs the times of both, each with the next of the other that is near enough.
fn match_up(
    what: &str,
    mut old: &[DateTime<Utc>],
    mut new: &[DateTime<Utc>],
    found: &mut Differences,
) {
    let mut same = 0;
    let mut differ = |old: Option<DateTime<Utc>>, new: Option<DateTime<Utc>>| {
        found.all.push(Difference { what: what.to_owned(), old, new });
    };
    loop {
        // The next one of the same side may be the nearer one: then this one stands alone.
        let nearer = |side: &[DateTime<Utc>], other: DateTime<Utc>| {
            side.get(1).is_some_and(|next| (*next - other).abs() < (side[0] - other).abs())
        };
        match (old.first().copied(), new.first().copied()) {
            (None, None) => break,
            (Some(before), Some(after)) if before == after => {
                same += 1;
                (old, new) = (&old[1..], &new[1..]);
            }
            (Some(before), Some(after))
                if (after - before).abs() <= MOVED
                    && !nearer(old, after)
                    && !nearer(new, before) =>
            {
                differ(Some(before), Some(after));
                (old, new) = (&old[1..], &new[1..]);
            }
            (Some(before), after) if after.is_none_or(|after| before < after) => {
                differ(Some(before), None);
                old = &old[1..];
            }
            (_, after) => {
                differ(None, after);
                new = new.get(1..).unwrap_or_default();
            }
        }
    }
    found.same += same;
}

impl Differences {
    /// As people read it, in the site's local time.
    pub fn text(&self, zone: Zone, style: Style) -> String {
        if self.all.is_empty() {
            return format!("no difference in {} decisions\n", self.same);
        }
        let width = self.all.iter().map(|each| each.what.chars().count()).max().unwrap_or(0);
        let time =
            |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %H:%M:%S").to_string();
        let mut text = String::new();
        for Difference { what, old, new } in &self.all {
            let (first, how) = match (old, new) {
                (Some(old), Some(new)) => (time(*old), format!("moved to {}", time(*new))),
                (Some(old), None) => (time(*old), style.bad("only in the old version")),
                (None, Some(new)) => (time(*new), style.good("only in the new version")),
                (None, None) => continue,
            };
            text.push_str(&format!("{first:<22}  {what:width$}  {how}\n"));
        }
        let (old, new) = (self.count(|it| it.new.is_none()), self.count(|it| it.old.is_none()));
        let moved = self.all.len() - old - new;
        text.push_str(&format!(
            "\n{old} only in the old version, {new} only in the new one, {moved} moved, {} the same\n",
            self.same
        ));
        text
    }

    fn count(&self, is_it: impl Fn(&&Difference) -> bool) -> usize {
        self.all.iter().filter(is_it).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::testing::{did, fired};

    fn decisions(entries: &[Entry]) -> Decisions {
        let mut decisions = Decisions::default();
        for entry in entries {
            decisions.see(entry);
        }
        decisions
    }

    #[test]
    fn only_old_only_new_and_moved() {
        let old = decisions(&[
            fired("2026-07-15T10:00:00Z", "heat", 1, "hot"),
            did("2026-07-15T10:01:00Z", "heat", "foo", "stop", true),
            fired("2026-07-15T20:00:00Z", "heat", 2, "hot"),
            fired("2026-07-16T20:00:00Z", "heat", 3, "hot"),
        ]);
        let new = decisions(&[
            fired("2026-07-15T10:00:00Z", "heat", 1, "hot"),
            did("2026-07-15T10:05:00Z", "heat", "foo", "stop", true),
            fired("2026-07-16T20:00:00Z", "heat", 2, "hot"),
            did("2026-07-16T20:05:00Z", "heat", "bar", "stop", true),
        ]);
        let found = differences(&old, &new);
        insta::assert_snapshot!(found.text(crate::clock::Zone::UTC, Style::Plain), @r#"
        Wed 15 Jul 10:01:00     foo stopped  moved to Wed 15 Jul 10:05:00
        Wed 15 Jul 20:00:00     heat fired   only in the old version
        Thu 16 Jul 20:05:00     bar stopped  only in the new version

        1 only in the old version, 1 only in the new one, 1 moved, 2 the same
        "#);
        let same = differences(&old, &old);
        assert_eq!(
            same.text(crate::clock::Zone::UTC, Style::Plain),
            "no difference in 4 decisions\n"
        );
    }
}
