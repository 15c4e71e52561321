//! The way back from a phone: answers to questions, read from an ntfy topic.
//!
//! Each push of a question carries two buttons, and a button posts its answer to the topic beside
//! the one of `[notify]` (<https://docs.ntfy.sh/publish/#send-http-request>). Only while a question
//! is open is that topic read (<https://docs.ntfy.sh/subscribe/api/>), from the oldest message that
//! the server has on: an answer that came while the agent was away counts as well.

use std::time::Duration;

use reqwest::{Client, Response, Url};
use serde::Deserialize;
use serde_json::json;

use super::{Secrets, SendError, notify, root_cause};
use crate::{
    clock::Clock,
    config::NotifySettings,
    plan::{Answer, Questions, answer_text, read_answer},
};

/// ntfy says something every 45 s: a line that is silent for so long is dead.
const SILENCE: Duration = Duration::from_secs(120);
/// A message of ntfy has at most 4,096 bytes; around it stands a little JSON.
const LONGEST_LINE: usize = 64 << 10;
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where answers are posted: `[notify] answers`, or the topic's own name with `-answers` behind it.
///
/// # Errors
/// When the site file's address is none.
pub(super) fn answers_url(settings: &NotifySettings) -> Result<Url, SendError> {
    let wrong = |error| SendError::Later(format!("`[notify] url` is no address ({error})"));
    if let Some(own) = &settings.answers {
        return Url::parse(own).map_err(wrong);
    }
    let mut url = Url::parse(&settings.url).map_err(wrong)?;
    let path = format!("{}-answers", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// The two buttons of a question, as ntfy's header `Actions` takes them. Everything is written in
/// ASCII, so that it may stand in a header.
pub(super) fn buttons(answers: &Url, token: &str) -> String {
    let button = |label: &str, yes| {
        json!({
            "action": "http",
            "label": label,
            "url": answers.as_str(),
            "method": "POST",
            "body": answer_text(yes, token),
            "clear": true,
        })
    };
    json!([button("Yes", true), button("No", false)]).to_string()
}

/// The task that reads answers while there are questions.
pub struct AnswerReader {
    settings: NotifySettings,
    secrets: Secrets,
    questions: Questions,
    clock: Clock,
    client: Client,
}

impl AnswerReader {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        settings: NotifySettings,
        secrets: Secrets,
        questions: Questions,
        clock: Clock,
    ) -> Result<AnswerReader, SendError> {
        let client = notify::client().read_timeout(SILENCE);
        let client = client.build().map_err(notify::no_tls)?;
        Ok(AnswerReader { settings, secrets, questions, clock, client })
    }

    /// Never ends by itself.
    pub async fn run(self) {
        let mut changes = self.questions.changes();
        loop {
            changes.borrow_and_update();
            if self.questions.list().is_empty() {
                if changes.changed().await.is_err() {
                    return;
                }
                continue;
            }
            tokio::select! {
                biased;
                () = self.none_is_open() => {}
                () = self.read() => {}
            }
        }
    }

    async fn none_is_open(&self) {
        let mut changes = self.questions.changes();
        while !self.questions.list().is_empty() && changes.changed().await.is_ok() {}
    }

    /// Reads over as many connections as it takes.
    async fn read(&self) {
        let (mut pause, mut told) = (FIRST_PAUSE, false);
        loop {
            match self.connect().await {
                Ok(stream) => {
                    pause = FIRST_PAUSE;
                    self.follow(stream).await;
                }
                Err(why) if !told => {
                    tracing::warn!("answers cannot be read, and will be tried again: {why}");
                    told = true;
                }
                Err(_) => {}
            }
            self.clock.sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connect(&self) -> Result<Response, SendError> {
        let mut url = answers_url(&self.settings)?;
        let server = url.host_str().unwrap_or_default().to_owned();
        let path = format!("{}/json", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url.query_pairs_mut().append_pair("since", "all");
        let request = notify::authorized(
            self.client.get(url.clone()),
            &url,
            self.settings.token.as_ref(),
            &self.secrets,
        )?;
        let answer = request.send().await.map_err(|error| {
            let error = error.without_url();
            SendError::Later(format!("{server}: {}", root_cause(&error)))
        })?;
        notify::judge(&server, answer.status())?;
        Ok(answer)
    }

    /// Takes what comes, until the connection ends.
    async fn follow(&self, mut stream: Response) {
        let mut rest = Vec::new();
        while let Ok(Some(chunk)) = stream.chunk().await {
            rest.extend_from_slice(&chunk);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                self.take(&line);
            }
            if rest.len() > LONGEST_LINE {
                return;
            }
        }
    }

    /// What is no answer to an open question is somebody else's, or of long ago.
    fn take(&self, line: &[u8]) {
        #[derive(Deserialize)]
        struct Line {
            #[serde(default)]
            message: String,
        }
        let Ok(Line { message }) = serde_json::from_slice(line) else { return };
        if let Some((token, yes)) = read_answer(&message) {
            self.questions.answer(token, Answer { yes, by: "ntfy".into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, answers: Option<&str>) -> NotifySettings {
        NotifySettings { url: url.into(), token: None, answers: answers.map(str::to_owned) }
    }

    #[test]
    fn answers_have_a_topic_of_their_own() {
        for (url, own, expected) in [
            ("https://ntfy.sh/closet", None, "https://ntfy.sh/closet-answers"),
            ("https://ntfy.sh/closet/", None, "https://ntfy.sh/closet-answers"),
            ("https://ntfy.sh/closet", Some("https://n.example/x"), "https://n.example/x"),
        ] {
            assert_eq!(answers_url(&settings(url, own)).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn a_button_posts_its_answer() {
        let buttons = buttons(&Url::parse("https://ntfy.sh/a-answers").unwrap(), "t1");
        let buttons: serde_json::Value = serde_json::from_str(&buttons).unwrap();
        assert_eq!(buttons[0]["body"], "yes t1");
        assert_eq!(buttons[1]["body"], "no t1");
        assert_eq!(buttons[1]["url"], "https://ntfy.sh/a-answers");
    }
}
