//! Where placed machines are, and the moves that are under way.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{Call, Store, json, time};

/// Machines on their way to another place, all of them or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Move {
    pub id: String,
    /// For people: `spot/aws-spots`.
    pub origin: String,
    pub hosts: Vec<String>,
    /// The template that they go to.
    pub to: String,
    /// The templates that they come from: of each host all that it had a machine of.
    pub from: BTreeMap<String, Vec<String>>,
    /// The hosts that had no machine at `to` when it began: what giving up deletes again.
    pub made: Vec<String>,
    pub stop_first: bool,
    pub step: MoveStep,
    /// How often it was begun; a machine that is asked for anew is another one.
    pub attempt: u32,
    pub began: DateTime<Utc>,
}

/// What is being done. Each step may be repeated as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveStep {
    /// With `stop_first`: the old machines are destroyed.
    Emptying,
    /// The new ones are made.
    Making,
    /// The new ones answer, and the old ones are destroyed.
    Leaving,
    /// Not all of the new ones could be made: they are destroyed again.
    Undoing,
}

/// Where a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub template: String,
    pub since: DateTime<Utc>,
}

impl Store {
    /// Keeps a move, or where it has come to, and rings [`Store::moving`].
    pub fn save_move(&self, it: &Move) -> Call<()> {
        let it = it.clone();
        let rung = self.moving.clone();
        self.call(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO moves (id, move, began) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![it.id, json::text(&it, "a move")?, time::millis(it.began)])?;
            rung.send_replace(());
            Ok(())
        })
    }

    /// Changes after every [`Store::save_move`].
    pub fn moving(&self) -> watch::Receiver<()> {
        self.moving.subscribe()
    }

    /// The moves that are under way, oldest first.
    pub fn moves(&self) -> Call<Vec<Move>> {
        self.call(|connection| {
            let mut select =
                connection.prepare_cached("SELECT move FROM moves ORDER BY began, id")?;
            let mut rows = select.query([])?;
            let mut moves = Vec::new();
            while let Some(row) = rows.next()? {
                let text: String = row.get(0)?;
                moves.push(json::parse(&text, "a move")?);
            }
            Ok(moves)
        })
    }

    /// The move has ended; these hosts are there now. With `None` they are where they were.
    pub fn end_move(&self, id: &str, arrived: Option<(&[String], &Placement)>) -> Call<()> {
        let id = id.to_owned();
        let arrived = arrived.map(|(hosts, at)| (hosts.to_vec(), at.clone()));
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM moves WHERE id = ?1", [id])?;
            if let Some((hosts, at)) = arrived {
                for host in hosts {
                    transaction.execute(
                        "INSERT OR REPLACE INTO placements (host, template, since)
                         VALUES (?1, ?2, ?3)",
                        params![host, at.template, time::millis(at.since)],
                    )?;
                }
            }
            transaction.commit()?;
            Ok(())
        })
    }

    /// Where placed hosts are, as far as they were placed by this agent.
    pub fn placements(&self) -> Call<BTreeMap<String, Placement>> {
        self.call(|connection| {
            let mut select =
                connection.prepare_cached("SELECT host, template, since FROM placements")?;
            let mut rows = select.query([])?;
            let mut found = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let since = time::moment(row.get(2)?);
                found.insert(row.get(0)?, Placement { template: row.get(1)?, since });
            }
            Ok(found)
        })
    }
}
