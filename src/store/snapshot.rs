//! A copy of the state for dry runs, which may write what they like.

use rusqlite::{Connection, params_from_iter, types::Value};

use super::{Call, Store, StoreError, open};

/// Not copied: `readings`, which are large and are asked of the original, and `journal`, so that
/// the copy's journal is what the dry run adds to it.
const TABLES: &[&str] = &[
    "sensors",
    "runs",
    "walks",
    "watches",
    "timers",
    "memory",
    "holds",
    "hosts",
    "host_switches",
    "meta",
    "outbox",
    "placements",
    "moves",
];

impl Store {
    /// An in-memory copy of everything but the readings and the journal, which runs inline like
    /// [`Store::memory`]. What is written there is thrown away with it.
    pub fn snapshot(&self) -> Call<Store> {
        self.call(|from| {
            let to = open::in_memory()?;
            for table in TABLES {
                copy(from, &to, table)?;
            }
            Ok(Store::inline(to))
        })
    }
}

fn copy(from: &Connection, to: &Connection, table: &str) -> Result<(), StoreError> {
    let mut select = from.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = select.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut insert = to.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|i| row.get(i)).collect::<Result<Vec<Value>, _>>()?;
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}
