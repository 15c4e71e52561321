//! Messages on their way to people. A row stands here before anybody tries to send it, and one
//! event is one row however often it is posted.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::{Call, Store, StoreError, json, time};
use crate::plan::{Channel, Message};

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    pub message: Message,
    pub created: DateTime<Utc>,
    /// Attempts that have failed.
    pub attempts: u32,
    pub next_try: DateTime<Utc>,
    pub last_error: Option<String>,
}

/// The longest time between two attempts.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The way that a message goes; each has a queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterChannel {
    Email,
    Notify,
    Terminal,
}

impl LetterChannel {
    pub fn of(channel: &Channel) -> LetterChannel {
        match channel {
            Channel::Email { .. } => LetterChannel::Email,
            Channel::Notify | Channel::Ask { .. } => LetterChannel::Notify,
            Channel::Terminal => LetterChannel::Terminal,
        }
    }

    fn name(self) -> &'static str {
        match self {
            LetterChannel::Email => "email",
            LetterChannel::Notify => "notify",
            LetterChannel::Terminal => "terminal",
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    Waiting,
    Sent,
    /// Given up.
    Dead,
}

impl LetterState {
    fn name(self) -> &'static str {
        match self {
            LetterState::Waiting => "waiting",
            LetterState::Sent => "sent",
            LetterState::Dead => "dead",
        }
    }
}

impl Store {
    /// Puts a message into the outbox and rings [`Store::posted`]. One with the same
    /// id, sent or not, makes this a no-op: returns whether it is new.
    pub fn post(&self, message: &Message, now: DateTime<Utc>) -> Call<bool> {
        let (message, posted) = (message.clone(), self.posted.clone());
        self.call(move |connection| {
            let channel = LetterChannel::of(&message.channel).name();
            let text = json::text(&message, "a message")?;
            let added = connection.execute(
                "INSERT OR IGNORE INTO outbox (id, channel, message, created, next_try)
                 VALUES (?1, ?2, ?3, ?4, ?4)",
                params![message.id, channel, text, time::millis(now)],
            )?;
            posted.send_replace(());
            Ok(added > 0)
        })
    }

    /// Changes after every [`Store::post`].
    pub fn posted(&self) -> watch::Receiver<()> {
        self.posted.subscribe()
    }

    /// The messages of a channel that may be tried now, oldest first, at most `limit`. One whose
    /// turn is further away than any pause between attempts was put off by a clock that was wrong,
    /// and is due as well.
    pub fn due(&self, channel: LetterChannel, now: DateTime<Utc>, limit: u32) -> Call<Vec<Letter>> {
        let late = now.checked_add_signed(LONGEST_PAUSE).unwrap_or(now);
        self.call(move |connection| {
            let which = "state = 'waiting' AND channel = ?1 AND (next_try <= ?2 OR next_try > ?3)
                         ORDER BY created, rowid LIMIT ?4";
            let (now, late) = (time::millis(now), time::millis(late));
            select(connection, which, params![channel.name(), now, late, limit])
        })
    }

    /// When the channel's next waiting message may be tried; `None` when none waits.
    pub fn next_due(&self, channel: LetterChannel) -> Call<Option<DateTime<Utc>>> {
        self.call(move |connection| {
            let next: Option<i64> = connection.query_row(
                "SELECT min(next_try) FROM outbox WHERE state = 'waiting' AND channel = ?1",
                [channel.name()],
                |row| row.get(0),
            )?;
            Ok(next.map(time::moment))
        })
    }

    /// The message has been handed over.
    pub fn sent(&self, id: &str) -> Call<()> {
        let id = id.to_owned();
        self.call(move |connection| {
            connection.execute(
                "UPDATE outbox SET state = 'sent', last_error = NULL WHERE id = ?1",
                [id],
            )?;
            Ok(())
        })
    }

    /// An attempt failed. It is tried again at `next_try`, or, with `None`, given up.
    pub fn failed(&self, id: &str, error: &str, next_try: Option<DateTime<Utc>>) -> Call<()> {
        let (id, error) = (id.to_owned(), error.to_owned());
        self.call(move |connection| {
            connection.execute(
                "UPDATE outbox SET attempts = attempts + 1, last_error = ?2,
                     next_try = coalesce(?3, next_try), state = iif(?3 IS NULL, 'dead', state)
                 WHERE id = ?1",
                params![id, error, next_try.map(time::millis)],
            )?;
            Ok(())
        })
    }

    /// The messages that stand so, oldest first.
    pub fn letters(&self, state: LetterState) -> Call<Vec<Letter>> {
        self.call(move |connection| {
            select(connection, "state = ?1 ORDER BY created, rowid", params![state.name()])
        })
    }

    /// The messages that were given up, oldest first.
    pub fn dead(&self) -> Call<Vec<Letter>> {
        self.letters(LetterState::Dead)
    }
}

fn select(
    connection: &Connection,
    which: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Letter>, StoreError> {
    let sql = format!(
        "SELECT message, created, attempts, next_try, last_error FROM outbox WHERE {which}"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(values)?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let message: String = row.get(0)?;
        letters.push(Letter {
            message: json::parse(&message, "a message")?,
            created: time::moment(row.get(1)?),
            attempts: row.get(2)?,
            next_try: time::moment(row.get(3)?),
            last_error: row.get(4)?,
        });
    }
    Ok(letters)
}
