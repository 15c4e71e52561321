//! Hosts that are held on or off until a script lets go of them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::{Call, Store, StoreError, json, time};

#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// Unique among all scripts.
    pub name: String,
    pub script: String,
    /// Why, for the report of a script that is refused.
    pub cause: String,
    pub kind: HoldKind,
    pub hosts: Vec<String>,
    /// The hosts that the hold switched itself: what `release` undoes.
    pub changed: Vec<String>,
    pub since: DateTime<Utc>,
    /// It keeps nobody from anything any more, but what it changed is not undone yet.
    pub releasing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldKind {
    On,
    Off,
}

impl Store {
    /// Stores a hold; one of the same name is replaced.
    pub fn save_hold(&self, hold: &Hold) -> Call<()> {
        let hold = hold.clone();
        self.call(move |connection| save(connection, &hold))
    }

    /// Alters a hold, if there is one of that name, and returns what it is then. One that is released
    /// and has nothing left to undo is gone.
    pub fn alter_hold(
        &self,
        name: &str,
        alter: impl FnOnce(&mut Hold) + Send + 'static,
    ) -> Call<Option<Hold>> {
        let name = name.to_owned();
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let Some(mut hold) = select(&transaction, Some(&name))?.pop() else { return Ok(None) };
            alter(&mut hold);
            let is_over = hold.releasing && hold.changed.is_empty();
            match is_over {
                true => drop(transaction.prepare_cached(DELETE)?.execute([name])?),
                false => save(&transaction, &hold)?,
            }
            transaction.commit()?;
            Ok((!is_over).then_some(hold))
        })
    }

    pub fn hold(&self, name: &str) -> Call<Option<Hold>> {
        let name = name.to_owned();
        self.call(move |connection| Ok(select(connection, Some(&name))?.pop()))
    }

    /// All holds, oldest first.
    pub fn holds(&self) -> Call<Vec<Hold>> {
        self.call(|connection| select(connection, None))
    }

    /// Returns whether there was such a hold.
    pub fn remove_hold(&self, name: &str) -> Call<bool> {
        let name = name.to_owned();
        self.call(move |connection| Ok(connection.prepare_cached(DELETE)?.execute([name])? > 0))
    }
}

const DELETE: &str = "DELETE FROM holds WHERE name = ?1";

fn save(connection: &Connection, hold: &Hold) -> Result<(), StoreError> {
    let kind = match hold.kind {
        HoldKind::On => "on",
        HoldKind::Off => "off",
    };
    let sql =
        "INSERT OR REPLACE INTO holds (name, script, cause, kind, hosts, changed, since, releasing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    connection.prepare_cached(sql)?.execute(params![
        hold.name,
        hold.script,
        hold.cause,
        kind,
        json::text(&hold.hosts, "a hold's hosts")?,
        json::text(&hold.changed, "a hold's hosts")?,
        time::millis(hold.since),
        hold.releasing
    ])?;
    Ok(())
}

fn select(connection: &Connection, name: Option<&str>) -> Result<Vec<Hold>, StoreError> {
    let mut select = connection.prepare_cached(
        "SELECT name, script, cause, kind = 'on', hosts, changed, since, releasing FROM holds
         WHERE ?1 IS NULL OR name = ?1 ORDER BY since, name",
    )?;
    let mut rows = select.query([name])?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next()? {
        let (hosts, changed): (String, String) = (row.get(4)?, row.get(5)?);
        holds.push(Hold {
            name: row.get(0)?,
            script: row.get(1)?,
            cause: row.get(2)?,
            kind: if row.get(3)? { HoldKind::On } else { HoldKind::Off },
            hosts: json::parse(&hosts, "a hold's hosts")?,
            changed: json::parse(&changed, "a hold's hosts")?,
            since: time::moment(row.get(6)?),
            releasing: row.get(7)?,
        });
    }
    Ok(holds)
}
