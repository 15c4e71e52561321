//! What makes a switch the same device for ever, and what it showed last.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Call, Store, StoreError};

/// A switch's lasting identity. It hangs on the switch's name alone: scripts may be renamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchIdentity {
    /// 14 hexadecimal digits of chance, so that two boards with equal names don't collide.
    pub serial: String,
    pub port: u16,
    /// Whether the port was given just now: then nobody knows it yet, and it may be changed.
    pub is_new: bool,
}

impl Store {
    /// The identities of these switches, in their order; a switch that has none is given one now.
    /// Its port is the lowest free one from `first` on.
    pub fn switch_identities(&self, names: Vec<String>, first: u16) -> Call<Vec<SwitchIdentity>> {
        self.call(move |connection| {
            // One for all: a hundred switches need not wait for the disk a hundred times.
            let transaction = connection.transaction()?;
            let known: Result<_, _> =
                names.iter().map(|name| identity(&transaction, name, first)).collect();
            let known = known?;
            transaction.commit()?;
            Ok(known)
        })
    }

    /// Gives a switch another port, the lowest free one from `first` on.
    pub fn move_switch(&self, name: &str, first: u16) -> Call<u16> {
        let name = name.to_owned();
        self.call(move |connection| give_port(connection, &name, first))
    }

    /// Keeps what a switch shows, for those whose state nobody can ask for.
    pub fn save_switch_state(&self, name: &str, on: bool, brightness: u8) -> Call<()> {
        let name = name.to_owned();
        self.call(move |connection| {
            add(connection, &name)?;
            connection.execute(
                "UPDATE switches SET on_ = ?2, brightness = ?3 WHERE name = ?1",
                params![name, on, brightness],
            )?;
            Ok(())
        })
    }

    /// What a switch showed last: on or off, and its brightness.
    pub fn switch_state(&self, name: &str) -> Call<Option<(bool, u8)>> {
        let name = name.to_owned();
        self.call(move |connection| {
            let state = connection.query_row(
                "SELECT on_, brightness FROM switches WHERE name = ?1 AND on_ IS NOT NULL",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            );
            Ok(state.optional()?)
        })
    }
}

fn identity(connection: &Connection, name: &str, first: u16) -> Result<SwitchIdentity, StoreError> {
    add(connection, name)?;
    let known: (String, Option<u16>) = connection.query_row(
        "SELECT serial, port FROM switches WHERE name = ?1",
        [name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(match known {
        (serial, Some(port)) => SwitchIdentity { serial, port, is_new: false },
        (serial, None) => {
            let port = give_port(connection, name, first)?;
            SwitchIdentity { serial, port, is_new: true }
        }
    })
}

fn add(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO switches (name, serial) VALUES (?1, hex(randomblob(7)))",
        [name],
    )?;
    Ok(())
}

fn give_port(connection: &Connection, name: &str, first: u16) -> Result<u16, StoreError> {
    Ok(connection.query_row(
        "UPDATE switches SET port = (
             SELECT min(free) FROM (
                 SELECT ?2 AS free UNION ALL
                 SELECT port + 1 FROM switches WHERE port >= ?2 AND port < 65535
             ) WHERE free NOT IN (SELECT port FROM switches WHERE port IS NOT NULL)
         ) WHERE name = ?1 RETURNING port",
        params![name, first],
        |row| row.get(0),
    )?)
}
