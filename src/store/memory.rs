//! What scripts `remember`.

use rusqlite::OptionalExtension;
use serde_json::Value;

use super::{Call, Store, json};

impl Store {
    /// Keeps a value under a key of the script's own.
    pub fn remember(&self, script: &str, key: &str, value: &Value) -> Call<()> {
        let (script, key, value) = (script.to_owned(), key.to_owned(), value.clone());
        self.call(move |connection| {
            let text = json::text(&value, "a remembered value")?;
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO memory (script, key, value) VALUES (?1, ?2, ?3)",
                )?
                .execute([script, key, text])?;
            Ok(())
        })
    }

    /// What the script keeps under the key, if anything.
    pub fn recall(&self, script: &str, key: &str) -> Call<Option<Value>> {
        let (script, key) = (script.to_owned(), key.to_owned());
        self.call(move |connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT value FROM memory WHERE script = ?1 AND key = ?2")?
                .query_row([script, key], |row| row.get(0))
                .optional()?;
            text.map(|text| json::parse(&text, "a remembered value")).transpose()
        })
    }
}
