//! The tables, and how an older file gets them. A published step is never edited: a change is
//! one more file in `schema/` and one more line here.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::StoreError;

const STEPS: &[M<'static>] = &[
    M::up(include_str!("schema/1.sql")),
    M::up(include_str!("schema/2.sql")),
    M::up(include_str!("schema/3.sql")),
    M::up(include_str!("schema/4.sql")),
    M::up(include_str!("schema/5.sql")),
    M::up(include_str!("schema/6-questions.sql")),
    M::up(include_str!("schema/7-hosts.sql")),
    M::up(include_str!("schema/8-counts.sql")),
    M::up(include_str!("schema/9-placements.sql")),
];

/// Marks a file as Watchpost's in SQLite's header; the first step writes it.
pub(super) const APPLICATION_ID: i64 = 0x5770_5374;

/// The version that this program writes.
pub(super) fn version() -> i64 {
    STEPS.len() as i64
}

/// Brings the tables up to date; every step is a transaction of its own.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), StoreError> {
    use rusqlite_migration::Error;

    Migrations::from_slice(STEPS).to_latest(connection).map_err(|error| match error {
        Error::RusqliteError { err, .. } => StoreError::Sql(err),
        other => StoreError::Sql(rusqlite::Error::ToSqlConversionFailure(Box::new(other))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_applies_to_an_empty_file() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }
}
