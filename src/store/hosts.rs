//! Hosts: what was last seen of each, and when this agent switched it.

use chrono::{DateTime, TimeDelta, Utc};
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

/// How long all switches of a host are kept: the guard counts those of an hour.
const KEPT: TimeDelta = TimeDelta::hours(1);

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

    /// Writes down that a host is switched. What the guard asks for is kept: of each host all
    /// switches of the last hour, and the last one on and off.
    pub fn host_switched(&self, host: &str, switch: HostSwitch) -> Call<()> {
        let host = host.to_owned();
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            transaction
                .prepare_cached("INSERT INTO host_switches (host, at, on_) VALUES (?1, ?2, ?3)")?
                .execute(params![host, time::millis(switch.at), switch.on])?;
            transaction
                .prepare_cached(
                    "DELETE FROM host_switches WHERE host = ?1 AND at < ?2 AND id NOT IN
                     (SELECT max(id) FROM host_switches WHERE host = ?1 GROUP BY on_)",
                )?
                .execute(params![host, time::millis(switch.at - KEPT)])?;
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
    fn hosts_are_remembered_and_the_switches_that_a_guard_asks_for() {
        let store = Store::memory().unwrap();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        for up in [true, false] {
            let seen = HostSeen { host: "foo".into(), up, since: at(7) };
            store.save_host_seen(&seen).wait().unwrap();
            assert_eq!(store.hosts_seen().wait().unwrap(), [seen]);
        }
        let switched = |second, on| {
            let switch = HostSwitch { at: at(second), on };
            store.host_switched("foo", switch).wait().unwrap();
            store.host_switches("foo").wait().unwrap().into_iter().map(|kept| kept.at.timestamp())
        };
        for second in 0..60 {
            drop(switched(second, second % 2 == 0));
        }
        assert!(switched(3600, true).eq((0..60).chain([3600])));
        assert!(switched(3650, true).eq((50..60).chain([3600, 3650])));
        // Only when it was last switched off still matters.
        assert!(switched(9000, true).eq([59, 9000]));
        assert!(switched(20_000, true).eq([59, 20_000]));
        assert!(switched(30_000, false).eq([20_000, 30_000]));
        assert_eq!(store.host_switches("bar").wait().unwrap(), []);
    }
}
