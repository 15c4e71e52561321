//! How many of the agent's lives in a row ended early: what tells a crash loop from an accident.

use chrono::{DateTime, Utc};

use super::{
    Call, Store, StoreError,
    meta::{get, set},
    time,
};

/// The count and, in milliseconds, when it began.
const KEY: &str = "short_lives";

/// Lives that ended neither in order nor after having lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortLives {
    /// Right before this one, in a row.
    pub before: u32,
    /// When the first of them began; without any, this one.
    pub since: DateTime<Utc>,
}

impl Store {
    /// Counts a life that begins. It is short until [`Store::life_is_good`] or [`Store::close`] says
    /// otherwise.
    pub fn begin_life(&self, now: DateTime<Utc>) -> Call<ShortLives> {
        self.call(move |connection| {
            let known = get(connection, KEY)?;
            let (before, since) = known.as_deref().and_then(parse).unwrap_or((0, now));
            let text = format!("{} {}", before.saturating_add(1), time::millis(since));
            set(connection, KEY, &text)?;
            Ok(ShortLives { before, since })
        })
    }

    /// This life has lasted: whatever ends it, it is not part of a crash loop.
    pub fn life_is_good(&self) -> Call<()> {
        self.call(|connection| forget(connection))
    }
}

/// The next life is the first one.
pub(super) fn forget(connection: &rusqlite::Connection) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([KEY])?;
    Ok(())
}

fn parse(text: &str) -> Option<(u32, DateTime<Utc>)> {
    let (count, since) = text.split_once(' ')?;
    Some((count.parse().ok()?, time::moment(since.parse().ok()?)))
}
