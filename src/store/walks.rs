//! How far a `one_by_one` has come, so that a restart goes on with the next host.

use rusqlite::params;

use super::{Call, Store, json};
use crate::plan::Row;

impl Store {
    /// Takes down that a walk is done with a host. `step` names the walk within the run's pipe:
    /// its path, as in `2.0`. A run that gets on is not counted as one that never ends.
    pub fn walk_done(&self, run: i64, step: &str, host: &str, rows: &[Row]) -> Call<()> {
        let (step, host, rows) = (step.to_owned(), host.to_owned(), rows.to_vec());
        self.call(move |connection| {
            let rows = json::text(&rows, "a walk's rows")?;
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT OR REPLACE INTO walks (run, step, host, row) VALUES (?1, ?2, ?3, ?4)",
                params![run, step, host, rows],
            )?;
            transaction.execute("UPDATE runs SET attempts = 0 WHERE id = ?1", [run])?;
            transaction.commit()?;
            Ok(())
        })
    }

    /// The hosts that a walk is done with, in the order in which it was, each with its rows.
    pub fn walk_progress(&self, run: i64, step: &str) -> Call<Vec<(String, Vec<Row>)>> {
        let step = step.to_owned();
        self.call(move |connection| {
            let mut select = connection
                .prepare("SELECT host, row FROM walks WHERE run = ?1 AND step = ?2 ORDER BY id")?;
            let mut rows = select.query(params![run, step])?;
            let mut done = Vec::new();
            while let Some(row) = rows.next()? {
                let text: String = row.get(1)?;
                done.push((row.get(0)?, json::parse(&text, "a walk's rows")?));
            }
            Ok(done)
        })
    }
}
