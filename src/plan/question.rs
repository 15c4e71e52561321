//! Questions to people: what is asked, what is answered, and the board on which the open ones hang.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

/// A question that is answered with yes or no, until some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The same for every restart: one event is one question.
    pub id: String,
    /// Goes out with the question and comes back with its answer: nobody else knows it, and nothing
    /// that was meant for another question is taken for this one's.
    pub token: String,
    pub text: String,
    /// Script and watch that ask: `nas/nas`.
    pub origin: String,
    /// Why they ask.
    pub cause: String,
    /// No answer by then is a no.
    pub until: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub yes: bool,
    /// The way it came: `ntfy`, `MQTT`.
    pub by: String,
}

impl Answer {
    pub fn word(&self) -> &'static str {
        if self.yes { "yes" } else { "no" }
    }
}

/// What somebody sends to answer: `yes TOKEN` or `no TOKEN`.
pub fn answer_text(yes: bool, token: &str) -> String {
    format!("{} {token}", if yes { "yes" } else { "no" })
}

/// The token that is answered to, and whether with yes; `None` for anything else.
pub fn read_answer(text: &str) -> Option<(&str, bool)> {
    let (word, token) = text.trim().split_once(' ')?;
    match word {
        "yes" => Some((token, true)),
        "no" => Some((token, false)),
        _ => None,
    }
}

/// The questions that are open now. Whoever asks hangs them here; whoever reaches people looks here
/// for what to show them, and brings their answers. All clones are one board.
#[derive(Clone, Default)]
pub struct Questions {
    open: Arc<watch::Sender<Vec<Open>>>,
}

#[derive(Clone)]
struct Open {
    question: Question,
    answer: Arc<Mutex<Option<oneshot::Sender<Answer>>>>,
}

impl Questions {
    /// Hangs a question on the board for as long as the returned value lives.
    pub fn hang(&self, question: Question) -> Asking {
        let (answer, answered) = oneshot::channel();
        let token = question.token.clone();
        let open = Open { question, answer: Arc::new(Mutex::new(Some(answer))) };
        self.open.send_modify(|all| all.push(open));
        Asking { answered, _hanging: Some(Hanging { board: self.clone(), token }) }
    }

    /// Those that nobody has answered, the oldest first.
    pub fn list(&self) -> Vec<Question> {
        self.open.borrow().iter().map(|open| open.question.clone()).collect()
    }

    /// Changes with [`Questions::list`].
    pub fn changes(&self) -> watch::Receiver<impl Sized + use<>> {
        self.open.subscribe()
    }

    /// Answers the question that has this token; false when none that is open has it.
    pub fn answer(&self, token: &str, answer: Answer) -> bool {
        let found = self.open.borrow().iter().find(|open| open.question.token == token).cloned();
        let waiting = found
            .and_then(|open| open.answer.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.take_down(token);
        waiting.is_some_and(|waiting| waiting.send(answer).is_ok())
    }

    fn take_down(&self, token: &str) {
        self.open.send_if_modified(|all| {
            let before = all.len();
            all.retain(|open| open.question.token != token);
            all.len() < before
        });
    }
}

/// A question that was asked. Dropped, it is asked no more.
pub struct Asking {
    answered: oneshot::Receiver<Answer>,
    _hanging: Option<Hanging>,
}

struct Hanging {
    board: Questions,
    token: String,
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.board.take_down(&self.token);
    }
}

impl Asking {
    /// One that needs nobody to answer it.
    pub fn answered(answer: Answer) -> Asking {
        let (sender, answered) = oneshot::channel();
        // Its receiver lives.
        let _ = sender.send(answer);
        Asking { answered, _hanging: None }
    }

    /// Waits for the answer; for ever, if none comes.
    pub async fn answer(&mut self) -> Answer {
        match (&mut self.answered).await {
            Ok(answer) => answer,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(token: &str) -> Question {
        Question {
            id: format!("{token}.1"),
            token: token.into(),
            text: "Stop?".into(),
            origin: "nas/nas".into(),
            cause: String::new(),
            until: DateTime::UNIX_EPOCH,
        }
    }

    fn yes() -> Answer {
        Answer { yes: true, by: "ntfy".into() }
    }

    #[tokio::test]
    async fn an_answer_finds_its_question_and_only_once() {
        let board = Questions::default();
        let mut first = board.hang(question("a"));
        let _second = board.hang(question("b"));
        assert!(!board.answer("c", yes()));
        assert!(board.answer("a", yes()));
        assert!(!board.answer("a", Answer { yes: false, by: "MQTT".into() }));
        assert_eq!(first.answer().await, yes());
        assert_eq!(board.list(), [question("b")]);
    }

    #[test]
    fn who_stops_waiting_takes_the_question_down() {
        let board = Questions::default();
        let changes = board.changes();
        drop(board.hang(question("a")));
        assert!(board.list().is_empty() && changes.has_changed().unwrap());
        assert!(!board.answer("a", yes()));
    }

    #[test]
    fn answers_are_read_as_they_are_written() {
        assert_eq!(read_answer(&answer_text(true, "t1")), Some(("t1", true)));
        assert_eq!(read_answer(" no t1\n"), Some(("t1", false)));
        assert!(["", "yes", "maybe t1", "YES t1"].iter().all(|text| read_answer(text).is_none()));
    }
}
