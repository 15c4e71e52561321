//! `ask`: people decide whether a pipe goes on. Silence is a no.

use chrono::TimeDelta;

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{Answer, Ask, Question, Row},
};

/// Bytes of a token: nobody guesses it.
const TOKEN: usize = 16;

impl Executor {
    /// Returns whether the pipe goes on.
    pub(super) async fn ask(&self, run: &Run, ask: &Ask, rows: &mut Rows, path: &str) -> bool {
        let began = self.clock.monotonic();
        let answer = self.answer_to(run, ask, path).await;
        let mut row = Row { verb: "ask".into(), ok: answer.is_ok(), ..Row::default() };
        row.seconds = (self.clock.monotonic() - began).as_secs_f64();
        let goes_on = matches!(&answer, Ok(Some(answer)) if answer.yes);
        match answer {
            Ok(answer) => {
                let (word, said) = match answer {
                    Some(answer) => (answer.word(), format!("{}, by {}", answer.word(), answer.by)),
                    None => ("none", "nobody answered, so no".to_owned()),
                };
                row.data.insert("answer".into(), word.into());
                row.output = format!("“{}” {said}", ask.question);
                self.note(run, Event::Note { text: row.output.clone() });
            }
            Err(why) => {
                row.error = Some(why);
                self.note(run, Event::Did { row: row.clone() });
            }
        }
        rows.note(row);
        goes_on
    }

    /// What people say; `None` when they say nothing in time.
    async fn answer_to(&self, run: &Run, ask: &Ask, path: &str) -> Result<Option<Answer>, String> {
        let now = self.clock.now();
        let question = Question {
            id: format!("{}.{path}", run.event),
            token: token()?,
            text: ask.question.clone(),
            origin: run.origin(),
            cause: run.cause.clone(),
            until: now + TimeDelta::from_std(ask.within).unwrap_or(TimeDelta::MAX),
        };
        let unkept = |error| format!("what cannot be kept is not asked: {error}");
        let (mut asked, is_new) = self.store.ask(run.id, path, &question).await.map_err(unkept)?;
        if asked.answer.is_some() {
            return Ok(asked.answer);
        }
        // A clock that was put back gives nobody more time than the script does.
        let left = (asked.question.until - now).to_std().unwrap_or_default().min(ask.within);
        if left.is_zero() {
            return Ok(None);
        }
        let asking = self.world.ask(&asked.question).await;
        let mut asking = asking.map_err(|failure| failure.message)?;
        if is_new {
            let until = asked.question.until.with_timezone(&self.timezone).format("%H:%M");
            let text = format!("until {until}");
            let subject = asked.question.text.clone();
            self.note(run, Event::Told { channel: "ask".into(), subject, text });
        }
        let Ok(answer) = self.clock.timeout(left, asking.answer()).await else { return Ok(None) };
        asked.answer = Some(answer);
        // A yes that a restart would forget is none: what follows could be done without it.
        self.store.answered(run.id, path, &asked).await.map_err(unkept)?;
        Ok(asked.answer)
    }
}

fn token() -> Result<String, String> {
    let mut bytes = [0; TOKEN];
    openssl::rand::rand_bytes(&mut bytes)
        .map_err(|error| format!("there is no randomness to ask with: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
