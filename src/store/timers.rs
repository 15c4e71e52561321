//! Timers that scripts have set with `after`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use super::{Call, Store, StoreError, json, time};
use crate::plan::{Handler, Origin};

#[derive(Clone, Debug)]
pub struct Timer {
    pub script: String,
    /// Within its script.
    pub name: String,
    pub due: DateTime<Utc>,
    /// A pipe, or a named function.
    pub handler: Handler,
    /// Who had it set: what a voice began stays a voice's deed.
    pub by: Origin,
}

impl Store {
    /// Sets a timer; one of the same script and name is replaced.
    ///
    /// # Errors
    /// [`StoreError::NotStorable`] for a handler that holds a closure.
    pub fn set_timer(&self, timer: &Timer) -> Call<()> {
        let timer = timer.clone();
        self.call(move |connection| {
            let handler = storable(&timer.handler, || format!("the timer “{}”", timer.name))?;
            connection.execute(
                "INSERT OR REPLACE INTO timers (script, name, due, handler, by)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    timer.script,
                    timer.name,
                    time::millis(timer.due),
                    handler,
                    timer.by.word()
                ],
            )?;
            Ok(())
        })
    }

    /// Returns whether there was such a timer.
    pub fn cancel_timer(&self, script: &str, name: &str) -> Call<bool> {
        let (script, name) = (script.to_owned(), name.to_owned());
        self.call(move |connection| delete(connection, &script, &name))
    }

    /// All timers, the first due first.
    pub fn timers(&self) -> Call<Vec<Timer>> {
        self.call(|connection| {
            let mut select = connection.prepare(
                "SELECT script, name, due, handler, by FROM timers ORDER BY due, script, name",
            )?;
            let mut rows = select.query([])?;
            let mut timers = Vec::new();
            while let Some(row) = rows.next()? {
                let (handler, by): (String, String) = (row.get(3)?, row.get(4)?);
                timers.push(Timer {
                    script: row.get(0)?,
                    name: row.get(1)?,
                    due: time::moment(row.get(2)?),
                    handler: json::parse(&handler, "a timer's handler")?,
                    by: Origin::of_word(&by),
                });
            }
            Ok(timers)
        })
    }
}

pub(super) fn delete(
    connection: &Connection,
    script: &str,
    name: &str,
) -> Result<bool, StoreError> {
    let gone =
        connection.execute("DELETE FROM timers WHERE script = ?1 AND name = ?2", [script, name])?;
    Ok(gone > 0)
}

/// A handler as text, unless it holds a closure, which would be lost.
pub(super) fn storable(
    handler: &Handler,
    what: impl FnOnce() -> String,
) -> Result<String, StoreError> {
    let storable = match handler {
        Handler::Pipe(pipe) => pipe.is_storable(),
        Handler::Function(callback) => callback.name.is_some(),
    };
    if storable {
        json::text(handler, "a handler")
    } else {
        Err(StoreError::NotStorable { what: what() })
    }
}
