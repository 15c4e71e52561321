//! Questions over the broker: the oldest that is open is shown, and answered by whoever may write
//! there.

use serde_json::json;

use crate::{
    mqtt::{
        Bus,
        discovery::{self, Discovery},
        topic::Topics,
    },
    plan::{Answer, Question, Questions, answer_text, read_answer},
};

/// Shows what is asked now, and describes it where there is somebody to describe it to.
pub async fn show_questions(
    bus: Bus,
    topics: Topics,
    questions: Questions,
    discovery: Option<Discovery>,
) {
    let mut changes = questions.changes();
    loop {
        changes.borrow_and_update();
        let open = questions.list();
        let now = open.first();
        let token = now.map_or("", |question| question.token.as_str());
        if let Some(to) = &discovery {
            // Before the state: whoever sees the question can answer it.
            let yes = discovery::answer(to, true, &answer_text(true, token));
            let no = discovery::answer(to, false, &answer_text(false, token));
            for (topic, payload) in [discovery::question(to), yes, no] {
                bus.show(topic, payload);
            }
        }
        bus.show(topics.question(), state(now, open.len()));
        if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Hears answers for as long as the agent runs.
pub async fn hear_answers(bus: Bus, topics: Topics, questions: Questions) {
    let mut inbox = bus.listen(&topics.answer());
    while let Some(message) = inbox.recv().await {
        let text = std::str::from_utf8(&message.payload).unwrap_or_default();
        let why = match read_answer(text) {
            _ if message.retained => "a retained answer was meant for some other time",
            None => "it is answered with `yes TOKEN` or `no TOKEN`",
            Some((token, yes)) => {
                match questions.answer(token, Answer { yes, by: "MQTT".into() }) {
                    true => continue,
                    false => "the question that it answers is not open any more",
                }
            }
        };
        bus.complaints().drop_message(&message.topic, why);
    }
}

fn state(question: Option<&Question>, open: usize) -> String {
    let Some(question) = question else {
        return json!({ "question": null }).to_string();
    };
    json!({
        "question": question.text,
        "token": question.token,
        "until": question.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "watch": question.origin,
        "cause": question.cause,
        "waiting": open - 1,
    })
    .to_string()
}
