//! Hosts: what was last seen of each, and when this agent switched it.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{Call, Store, time};

/// What was last seen of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostSeen {
    pub host: String,
    pub up: bool,
    pub since: DateTime<Utc>,
}

/// One switch of a host by this agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostSwitch {
    pub at: DateTime<Utc>,
    pub on: bool,
}

/// How many switches of each host are kept: more than any guard may allow in an hour.
const KEPT: u32 = 200;

impl Store {
    pub fn save_host_seen(&self, seen: &HostSeen) -> Call<()> {
        let seen = seen.clone();
        self.call(move |connection| {
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO hosts (name, up, since) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![seen.host, seen.up, time::millis(seen.since)])?;
            Ok(())
        })
    }

    /// Every host of which something is known, by name.
    pub fn hosts_seen(&self) -> Call<Vec<HostSeen>> {
        self.call(|connection| {
            let mut select =
                connection.prepare_cached("SELECT name, up, since FROM hosts ORDER BY name")?;
            let rows = select.query_map([], |row| {
                let since = time::moment(row.get(2)?);
                Ok(HostSeen { host: row.get(0)?, up: row.get(1)?, since })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes down that a host is switched; of each host only the latest are kept.
    pub fn host_switched(&self, host: &str, switch: HostSwitch) -> Call<()> {
        let host = host.to_owned();
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            transaction
                .prepare_cached("INSERT INTO host_switches (host, at, on_) VALUES (?1, ?2, ?3)")?
                .execute(params![host, time::millis(switch.at), switch.on])?;
            transaction
                .prepare_cached(
                    "DELETE FROM host_switches WHERE host = ?1 AND id NOT IN
                     (SELECT id FROM host_switches WHERE host = ?1 ORDER BY id DESC LIMIT ?2)",
                )?
                .execute(params![host, KEPT])?;
            Ok(transaction.commit()?)
        })
    }

    /// The latest switches of a host, the oldest first.
    pub fn host_switches(&self, host: &str) -> Call<Vec<HostSwitch>> {
        let host = host.to_owned();
        self.call(move |connection| {
            let mut select = connection
                .prepare_cached("SELECT at, on_ FROM host_switches WHERE host = ?1 ORDER BY id")?;
            let rows = select.query_map([host], |row| {
                Ok(HostSwitch { at: time::moment(row.get(0)?), on: row.get(1)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_remembered_and_only_the_latest_switches_are_kept() {
        let store = Store::memory().unwrap();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for up in [true, false] {
            let seen = HostSeen { host: "foo".into(), up, since: at(7) };
            store.save_host_seen(&seen).wait().unwrap();
            assert_eq!(store.hosts_seen().wait().unwrap(), [seen]);
        }
        for second in 0..210 {
            let switch = HostSwitch { at: at(second), on: second % 2 == 0 };
            store.host_switched("foo", switch).wait().unwrap();
        }
        let kept = store.host_switches("foo").wait().unwrap();
        assert_eq!(kept.len(), 200);
        assert_eq!(kept[199], HostSwitch { at: at(209), on: false });
        assert_eq!(store.host_switches("bar").wait().unwrap(), []);
    }
}
