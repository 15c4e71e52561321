//! What it costs, and where machines are.

use super::{
    Example::{Handler, Top},
    Form, Kind, ParamType as P, Word,
};

const fn step(params: &'static [super::Param]) -> Form {
    Form { params, returns: P::Pipe }
}

pub(super) static WORDS: [Word; 7] = [
    Word {
        name: "interrupted",
        kind: Kind::Trigger,
        forms: &[Form { params: &[("hosts", P::Hosts)], returns: P::Trigger }],
        summary: "A machine of these hosts is taken back by its lender, as EC2 does with spot \
                  machines: up to two minutes before it is gone. `event.host` says which.",
        example: Top(
            r#"watch("taken", interrupted(tagged("batch")), place(tagged("batch"), "kvm-medium") | email("EC2 wants its machines back"));"#,
        ),
    },
    Word {
        name: "place",
        kind: Kind::Verb,
        forms: &[step(&[("hosts", P::Hosts), ("template", P::Text)])],
        summary: "Has machines (`kind = \"placed\"`) where the template says, all of them or none. \
                  What is there stays; else all are made there, and once all answer the old ones \
                  are destroyed. If one cannot be made, the old ones stay.",
        example: Handler(
            r#"run(place(tagged("batch"), if cost("ec2") < 0.005 { "aws-spot" } else { "kvm-medium" }))"#,
        ),
    },
    Word {
        name: "margin",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("part", P::Number)])],
        summary: "`place` moves only where an hour costs less by this part: 0.15 is 15 %. Both \
                  templates need a `cost`.",
        example: Handler(
            r#"run(place(tagged("batch"), "aws-spot").margin(0.15) | pretty("placed"))"#,
        ),
    },
    Word {
        name: "dwell",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe), ("time", P::Duration)])],
        summary: "`place` leaves machines where they are for at least this long after they came \
                  there, also over a restart.",
        example: Handler(
            r#"run(place(tagged("batch"), "aws-spot").dwell("2h") | pretty("placed"))"#,
        ),
    },
    Word {
        name: "stop_first",
        kind: Kind::Modifier,
        forms: &[step(&[("pipe", P::Pipe)])],
        summary: "`place` destroys the old machines before it makes the new ones: for what must not \
                  run twice. If one cannot be made, the old ones are made again.",
        example: Handler(
            r#"run(place(tagged("batch"), "aws-spot").stop_first() | pretty("placed"))"#,
        ),
    },
    Word {
        name: "cost",
        kind: Kind::Sensor,
        forms: &[Form { params: &[("cost", P::Text)], returns: P::Number }],
        summary: "What an hour costs, by a [cost.NAME] of the site file. When no price is known, or \
                  only one that is too old, it ends the handler.",
        example: Handler(
            r#"if cost("ec2") < cost("kvm") { run(place(tagged("batch"), "aws-spot")) }"#,
        ),
    },
    Word {
        name: "price",
        kind: Kind::Sensor,
        forms: &[Form { params: &[("cost", P::Text)], returns: P::Map }],
        summary: "The same with all that is known of it: `value`, `age` in seconds, and `source`, \
                  where it comes from.",
        example: Handler(
            r#"let ec2 = price("ec2");
    print(`${ec2.value} an hour for ${ec2.source}`);"#,
        ),
    },
];
