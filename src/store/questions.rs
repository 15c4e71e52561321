//! What a run has asked people, so that a restart asks the same question and keeps its answer.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Call, Store, StoreError, json};
use crate::plan::{Answer, Question};

/// A question as it was asked first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub question: Question,
    /// `None` while nobody has answered.
    #[serde(default)]
    pub answer: Option<Answer>,
}

impl Store {
    /// Takes a question down, unless this step of the run has asked one already: then that one
    /// stands. Says whether it is new. A run that waits for people is not counted as one that never
    /// ends.
    pub fn ask(&self, run: i64, step: &str, question: &Question) -> Call<(Asked, bool)> {
        let (step, question) = (step.to_owned(), question.clone());
        self.call(move |connection| {
            let transaction = connection.transaction()?;
            let earlier: Option<String> = transaction
                .prepare_cached("SELECT state FROM questions WHERE run = ?1 AND step = ?2")?
                .query_row(params![run, step], |row| row.get(0))
                .optional()?;
            let asked = match &earlier {
                Some(text) => json::parse(text, "a question")?,
                None => Asked { question, answer: None },
            };
            if earlier.is_none() {
                save(&transaction, run, &step, &asked)?;
            }
            if asked.answer.is_none() {
                transaction.execute("UPDATE runs SET attempts = 0 WHERE id = ?1", [run])?;
            }
            transaction.commit()?;
            Ok((asked, earlier.is_none()))
        })
    }

    /// A question is answered.
    pub fn answered(&self, run: i64, step: &str, asked: &Asked) -> Call<()> {
        let (step, asked) = (step.to_owned(), asked.clone());
        self.call(move |connection| save(connection, run, &step, &asked))
    }
}

fn save(connection: &Connection, run: i64, step: &str, asked: &Asked) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO questions (run, step, state) VALUES (?1, ?2, ?3)")?
        .execute(params![run, step, json::text(asked, "a question")?])?;
    Ok(())
}
