//! Until when outputs may be on, over restarts.

use chrono::{DateTime, Utc};

use super::{Call, Store, time};

impl Store {
    /// Keeps the moment at which an output's `max_on` runs out.
    pub fn keep_output_deadline(&self, name: &str, until: DateTime<Utc>) -> Call<()> {
        let name = name.to_owned();
        self.call(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO outputs (name, on_until) VALUES (?1, ?2)",
                (name, time::millis(until)),
            )?;
            Ok(())
        })
    }

    /// The output was switched off in time.
    pub fn forget_output_deadline(&self, name: &str) -> Call<()> {
        let name = name.to_owned();
        self.call(move |connection| {
            connection.execute("DELETE FROM outputs WHERE name = ?1", [name])?;
            Ok(())
        })
    }

    /// Every deadline that was kept and not taken back.
    pub fn output_deadlines(&self) -> Call<Vec<(String, DateTime<Utc>)>> {
        self.call(|connection| {
            let mut select = connection.prepare("SELECT name, on_until FROM outputs")?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, time::moment(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
