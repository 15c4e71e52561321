//! Telling people, and everything that is done with pipes.

use super::{Example::Handler, Form, Kind, ParamType as P, Word};

const fn step(params: &'static [super::Param]) -> Form {
    Form { params, returns: P::Pipe }
}

pub(super) static WORDS: [Word; 19] = [
    Word {
        name: "email",
        kind: Kind::Tell,
        forms: &[step(&[("subject", P::Text)]), step(&[("letter", P::Map)])],
        summary: "Mails the report of the pipe; failures are counted in the subject. A map says \
                  more: `subject`, `body` (above the report) and `to` (else those of the site file).",
        example: Handler(
            r#"run(stop(hosts("foo")) | email(#{ to: "me@example.org", subject: "stopped", body: "too hot" }))"#,
        ),
    },
    Word {
        name: "notify",
        kind: Kind::Tell,
        forms: &[step(&[("title", P::Text)])],
        summary: "Pushes the report to where [notify] of the site file points.",
        example: Handler(r#"run(notify("the closet is hot"))"#),
    },
    Word {
        name: "pretty",
        kind: Kind::Tell,
        forms: &[step(&[("title", P::Text)])],
        summary: "Prints the report as a table to the agent's terminal and journal.",
        example: Handler(r#"run(start(hosts("foo")) | pretty("started"))"#),
    },
    Word {
        name: "reply",
        kind: Kind::Tell,
        forms: &[step(&[("text", P::Text)])],
        summary: "Answers whoever fired this, for example `watchpost fire`.",
        example: Handler(r#"run(start(hosts("foo")) | reply("ok"))"#),
    },
    Word {
        name: "ask",
        kind: Kind::Tell,
        forms: &[step(&[("question", P::Text)])],
        summary: "Asks people, over ntfy and Home Assistant, and goes on when one says yes. A no, \
                  or nobody's answer in ten minutes, ends the pipe there; `agreed` of the report \
                  is false then.",
        example: Handler(
            r#"run(ask("Stop the NAS?").within("10m") | stop(hosts("nas")) | pretty("stopped"))"#,
        ),
    },
    Word {
        name: "publish",
        kind: Kind::Tell,
        forms: &[step(&[("topic", P::Text), ("payload", P::Any)])],
        summary: "Says something over MQTT, now: text as it is, anything else as JSON. It fails when \
                  the broker is away, because what was meant for now must not come hours later.",
        example: Handler(r#"run(publish("zigbee2mqtt/lamp/set", #{ state: "ON" }))"#),
    },
    Word {
        name: "record",
        kind: Kind::Tell,
        forms: &[step(&[("name", P::Text)])],
        summary: "Keeps the rows of the report in the journal under a name.",
        example: Handler(r#"run(shell(hosts("foo"), "uptime") | record("uptimes"))"#),
    },
    Word {
        name: "run",
        kind: Kind::Pipe,
        forms: &[Form { params: &[("pipe", P::Pipe)], returns: P::Map }],
        summary: "Runs a pipe, waits for it, and returns its report: `ok`, `changed`, `agreed`, \
                  `rows` and `failed`; each row has `host`, `verb`, `ok`, `code`, `error` and more. Steps \
                  stand between `|`.",
        example: Handler(
            r#"let report = run(stop(hosts(["foo", "bar"])));
    if !report.ok { print(`${report.failed.len()} failed`) }"#,
        ),
    },
    Word {
        name: "pick",
        kind: Kind::Pipe,
        forms: &[step(&[("keep", P::Function)])],
        summary: "Leaves the rows for which the function says true; when none is left the pipe ends \
                  without telling anybody.",
        example: Handler(
            r#"run(shell(hosts("foo"), "uptime") | pick(|row| row.ok) | pretty("it answers"))"#,
        ),
    },
    Word {
        name: "one_by_one",
        kind: Kind::Pipe,
        forms: &[step(&[("hosts", P::Hosts), ("each", P::Function)])],
        summary: "Goes host by host with the pipe that the function makes for each, and stops at \
                  the first failure. After a restart of the agent it continues where it was.",
        example: Handler(
            r#"run(one_by_one(tagged("media"), |host| update(host) | restart(host)) | email("updated"))"#,
        ),
    },
    Word {
        name: "all",
        kind: Kind::Pipe,
        forms: &[
            step(&[("a", P::Pipe), ("b", P::Pipe)]),
            step(&[("a", P::Pipe), ("b", P::Pipe), ("c", P::Pipe)]),
            step(&[("a", P::Pipe), ("b", P::Pipe), ("c", P::Pipe), ("d", P::Pipe)]),
            step(&[("a", P::Pipe), ("b", P::Pipe), ("c", P::Pipe), ("d", P::Pipe), ("e", P::Pipe)]),
            step(&[("pipes", P::Array)]),
        ],
        summary: "Runs pipes beside each other; their rows are joined.",
        example: Handler(
            r#"run(all(stop(hosts("foo")), start(hosts("bar"))) | pretty("swapped"))"#,
        ),
    },
    Word {
        name: "if_changed",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe)])],
        summary: "The pipe tells nobody when nothing was changed and nothing failed, but for hosts \
                  that another script holds.",
        example: Handler(r#"run((start(hosts("foo")) | email("started")).if_changed())"#),
    },
    Word {
        name: "within",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("time", P::Duration)])],
        summary: "How long `ask` waits for an answer.",
        example: Handler(r#"run(ask("Stop the NAS?").within("1h") | stop(hosts("nas")))"#),
    },
    Word {
        name: "once_per",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("time", P::Duration)])],
        summary: "`email` and `notify` tell the same at most once in this time. The same is what reads \
                  the same but for its numbers.",
        example: Handler(r#"run(email("the closet is hot").once_per("6h"))"#),
    },
    Word {
        name: "again_every",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("time", P::Duration)])],
        summary: "`email` and `notify` tell it again, until somebody says `watchpost journal ack NAME` \
                  or it is over.",
        example: Handler(r#"run(notify("water!").again_every("30m"))"#),
    },
    Word {
        name: "or_else",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("time", P::Duration), ("other", P::Pipe)])],
        summary: "When nobody has acknowledged it by then, and it is not over, it is told another way.",
        example: Handler(
            r#"run(notify("water!").or_else("15m", email("there is water in the closet")))"#,
        ),
    },
    Word {
        name: "recovered",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("subject", P::Text)])],
        summary: "Tells the same way when it is over: when the trigger's condition has ended, or a later \
                  run of the watch goes well without telling it.",
        example: Handler(
            r#"run(email("the closet is hot").once_per("6h").recovered("the closet is cool again"))"#,
        ),
    },
    Word {
        name: "with_guests",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe)])],
        summary: "`stop` also stops the machines that run on these hosts; without it, it refuses to \
                  stop a host under guests that are not named.",
        example: Handler(r#"run(stop(hosts("big-iron")).with_guests())"#),
    },
    Word {
        name: "keep_going",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe)])],
        summary: "`one_by_one` goes on to the next host after a failure.",
        example: Handler(
            r#"run(one_by_one(tagged("media"), |host| update(host)).keep_going() | email("updated"))"#,
        ),
    },
];
