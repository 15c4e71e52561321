//! The rows that travel along a pipe.

use super::holds::HELD_BY;
use crate::plan::report::{Report, Row};

/// What happened so far, and to which hosts the next step without hosts of its own applies.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    /// Indexes into `rows`.
    current: Vec<usize>,
}

impl Rows {
    /// The hosts that a step works on: those it names, else those that the pipe has left; without
    /// those that failed earlier in this pipe.
    pub(super) fn targets(&self, named: Option<&[String]>) -> Vec<String> {
        match named {
            Some(hosts) => hosts.iter().filter(|host| !self.has_failed(host)).cloned().collect(),
            None => self.succeeded().filter_map(|row| row.host.clone()).collect(),
        }
    }

    /// The rows that the pipe has left and that went well.
    pub(super) fn succeeded(&self) -> impl Iterator<Item = &Row> {
        self.current.iter().map(|&index| &self.rows[index]).filter(|row| row.ok)
    }

    pub(super) fn any_failed(&self) -> bool {
        self.rows.iter().any(|row| !row.ok)
    }

    pub(super) fn has_failed(&self, host: &str) -> bool {
        self.rows.iter().any(|row| !row.ok && row.host.as_deref() == Some(host))
    }

    /// From here on the pipe is about these hosts.
    pub(super) fn turn_to(&mut self, hosts: &[String]) {
        self.current = (0..self.rows.len())
            .filter(|&index| {
                self.rows[index].host.as_ref().is_some_and(|host| hosts.contains(host))
            })
            .collect();
    }

    /// Adds a row, or lets it replace what its host has come to so far.
    pub(super) fn merge(&mut self, row: Row) {
        let known = row
            .host
            .as_ref()
            .and_then(|_| self.rows.iter().position(|earlier| earlier.host == row.host));
        let index = match known {
            Some(index) => {
                let earlier = &mut self.rows[index];
                let (changed, mut data) = (earlier.changed, std::mem::take(&mut earlier.data));
                *earlier = row;
                earlier.changed |= changed;
                data.append(&mut earlier.data);
                earlier.data = data;
                index
            }
            None => {
                self.rows.push(row);
                self.rows.len() - 1
            }
        };
        if !self.current.contains(&index) {
            self.current.push(index);
        }
    }

    /// Adds a row that later steps do not work on: a telling step that failed.
    pub(super) fn note(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Keeps the rows for which `keep` says true, and every failure. Returns whether anything is
    /// left.
    pub(super) fn retain(&mut self, keep: &[bool]) -> bool {
        let picked: Vec<Row> = self
            .succeeded()
            .cloned()
            .zip(keep)
            .filter_map(|(row, &keep)| keep.then_some(row))
            .collect();
        self.leave(picked)
    }

    /// Leaves these rows, and every failure. Returns whether anything is left.
    pub(super) fn leave(&mut self, left: Vec<Row>) -> bool {
        self.rows.retain(|row| !row.ok);
        self.current = (0..self.rows.len()).collect();
        for row in left {
            self.rows.push(row);
            self.current.push(self.rows.len() - 1);
        }
        !self.rows.is_empty()
    }

    /// Nothing changed, and nothing went wrong: that another script holds a host is as it should
    /// be.
    pub(super) fn nothing_to_report(&self) -> bool {
        self.rows.iter().all(|row| !row.changed && (row.ok || row.data.contains_key(HELD_BY)))
    }

    pub(super) fn report(&self) -> Report {
        Report { rows: self.rows.clone(), quiet: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(host: &str, ok: bool) -> Row {
        Row { host: Some(host.into()), ok, ..Row::default() }
    }

    #[test]
    fn a_failed_host_is_left_out_of_later_steps() {
        let mut rows = Rows::default();
        rows.merge(row("a", true));
        rows.merge(row("b", false));
        assert_eq!(rows.targets(None), ["a"]);
        assert_eq!(rows.targets(Some(&["b".into(), "c".into()])), ["c"]);
    }

    #[test]
    fn a_host_keeps_one_row_and_remembers_that_it_changed() {
        let mut rows = Rows::default();
        rows.merge(Row { changed: true, ..row("a", true) });
        rows.merge(row("a", true));
        assert_eq!(rows.report().rows.len(), 1);
        assert!(rows.report().changed());
    }

    #[test]
    fn picking_nothing_is_an_end_but_failures_go_on() {
        let mut rows = Rows::default();
        rows.merge(row("a", true));
        assert!(!rows.retain(&[false]));
        rows.merge(row("b", false));
        assert!(rows.retain(&[]));
        assert!(!rows.report().is_ok());
    }

    #[test]
    fn a_step_that_names_hosts_turns_the_pipe_to_them() {
        let mut rows = Rows::default();
        rows.merge(row("a", true));
        rows.merge(row("b", true));
        rows.turn_to(&["b".into()]);
        assert_eq!(rows.targets(None), ["b"]);
    }
}
