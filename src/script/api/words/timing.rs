//! Watches, their schedules, and the clock.

use super::{
    Example::{Handler, Top},
    Form, Kind, ParamType as P, Word,
};

const fn schedule(params: &'static [super::Param]) -> Form {
    Form { params, returns: P::Schedule }
}

pub(super) static WORDS: [Word; 11] = [
    Word {
        name: "watch",
        kind: Kind::Declare,
        forms: &[
            Form {
                params: &[("name", P::Text), ("when", P::When), ("handler", P::Handler)],
                returns: P::Nothing,
            },
            Form {
                params: &[
                    ("name", P::Text),
                    ("when", P::Trigger),
                    ("began", P::Handler),
                    ("ended", P::Handler),
                ],
                returns: P::Nothing,
            },
        ],
        summary: "Declares what is to be done, and when. With a trigger a second handler may say \
                  what is done when its condition is over. A handler is a function or a pipe; a \
                  pipe that a function returns is run.",
        example: Top(r#"watch("closet-heat", above("closet/temperature", 70.0).clears_at(60.0),
    stop(hosts(["foo", "bar"])) | email("closet too hot, stopped"),
    start(hosts(["foo", "bar"])) | pretty("closet is cool again"));"#),
    },
    Word {
        name: "once_an_hour",
        kind: Kind::Schedule,
        forms: &[],
        summary: "At minute 0 of every hour of local time. A constant: it is written without \
                  parentheses.",
        example: Top(r#"watch("hourly", once_an_hour, pretty("another hour"));"#),
    },
    Word {
        name: "every",
        kind: Kind::Schedule,
        forms: &[schedule(&[("interval", P::Duration)])],
        summary: "Again and again, counted from the last run, also over a restart. The shortest \
                  interval is one second.",
        example: Top(r#"watch("often", every("10m"), pretty("ten minutes later"));"#),
    },
    Word {
        name: "every_day",
        kind: Kind::Schedule,
        forms: &[schedule(&[("hour", P::Whole)]), schedule(&[("time", P::Text)])],
        summary: "Once a day, at a full hour (0 to 23) or at a time of day, local time.",
        example: Top(r#"watch("evening", every_day("22:30"), stop(hosts("plex")));"#),
    },
    Word {
        name: "weekdays",
        kind: Kind::Schedule,
        forms: &[schedule(&[("time", P::Text)])],
        summary: "Monday to Friday at a time of day, local time.",
        example: Top(r#"watch("to work", weekdays("07:00"), start(hosts("foo")));"#),
    },
    Word {
        name: "cron",
        kind: Kind::Schedule,
        forms: &[schedule(&[("fields", P::Text)])],
        summary: "As crontab(5) has it, in local time: minute, hour, day of the month, month, day \
                  of the week.",
        example: Top(r#"watch("first", cron("30 4 1 * *"), pretty("a new month"));"#),
    },
    Word {
        name: "sunrise",
        kind: Kind::Schedule,
        forms: &[schedule(&[]), schedule(&[("offset", P::Text)])],
        summary: "When the sun rises at the site, or as long before (`-30m`) or after (`+1h`) as \
                  said. The site file must know the place.",
        example: Top(r#"watch("morning", sunrise("-30m"), start(hosts("foo")));"#),
    },
    Word {
        name: "sunset",
        kind: Kind::Schedule,
        forms: &[schedule(&[]), schedule(&[("offset", P::Text)])],
        summary: "When the sun sets at the site, or as long before (`-30m`) or after (`+1h`) as \
                  said. The site file must know the place.",
        example: Top(r#"watch("dusk", sunset(), stop(hosts("coin-1")));"#),
    },
    Word {
        name: "after",
        kind: Kind::Timer,
        forms: &[Form {
            params: &[("delay", P::Duration), ("name", P::Text), ("handler", P::Handler)],
            returns: P::Nothing,
        }],
        summary: "Does something once, later, also over a restart. A timer of the same name is \
                  replaced. Closures cannot be kept: give it a pipe, or a function by its name.",
        example: Handler(r#"after("2h", "plex-off", stop(hosts("plex")));"#),
    },
    Word {
        name: "cancel",
        kind: Kind::Timer,
        forms: &[Form { params: &[("name", P::Text)], returns: P::Nothing }],
        summary: "Takes back what `after` set under this name; without such a timer it does \
                  nothing.",
        example: Handler(
            r#"after("2h", "plex-off", stop(hosts("plex")));
    cancel("plex-off");"#,
        ),
    },
    Word {
        name: "now",
        kind: Kind::Time,
        forms: &[Form { params: &[], returns: P::Map }],
        summary: "The local time: year, month (1 to 12), day, hour, minute, weekday (1 is Monday), \
                  and unix, in seconds since 1970.",
        example: Handler(r#"if now().weekday > 5 { run(stop(hosts("foo"))) }"#),
    },
];
