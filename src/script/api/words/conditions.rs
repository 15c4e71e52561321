//! Triggers, and the modifiers of schedules and triggers.

use super::{Example::Top, Form, Kind, ParamType as P, Word};

const fn trigger(params: &'static [super::Param]) -> Form {
    Form { params, returns: P::Trigger }
}

pub(super) static WORDS: [Word; 16] = [
    Word {
        name: "above",
        kind: Kind::Trigger,
        forms: &[trigger(&[("sensor", P::Text), ("threshold", P::Number)])],
        summary: "While a sensor is above the threshold, in the sensor's unit. It fires when that \
                  begins, and once if it is so already at the start.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 70.0).lasting("5m"), stop(hosts("foo")));"#,
        ),
    },
    Word {
        name: "below",
        kind: Kind::Trigger,
        forms: &[trigger(&[("sensor", P::Text), ("threshold", P::Number)])],
        summary: "While a sensor is below the threshold, in the sensor's unit.",
        example: Top(
            r#"watch("clouds", below("solar/power", 500).lasting("10m"), stop(hosts("coin-1")));"#,
        ),
    },
    Word {
        name: "equals",
        kind: Kind::Trigger,
        forms: &[trigger(&[("sensor", P::Text), ("value", P::Reading)])],
        summary: "While a sensor has exactly this value: a number, true or false.",
        example: Top(
            r#"watch("exactly", equals("closet/temperature", 40), notify("exactly forty"));"#,
        ),
    },
    Word {
        name: "changed",
        kind: Kind::Trigger,
        forms: &[trigger(&[("sensor", P::Text)])],
        summary: "Whenever a sensor's value differs from the one before.",
        example: Top(
            r#"watch("any change", changed("closet/temperature").cooldown("1h"), pretty("it moved"));"#,
        ),
    },
    Word {
        name: "edge",
        kind: Kind::Trigger,
        forms: &[
            trigger(&[("sensor", P::Text)]),
            trigger(&[("sensor", P::Text), ("direction", P::Text)]),
        ],
        summary: "Whenever a contact turns: \"both\" ways unless said, \"rising\" (from off to on) or \
                  \"falling\".",
        example: Top(
            r#"watch("leak", edge("leak-probe", "rising"), set("water-valve", false) | notify("water!"));"#,
        ),
    },
    Word {
        name: "message",
        kind: Kind::Trigger,
        forms: &[trigger(&[("filter", P::Text)])],
        summary: "A message comes over MQTT on a topic that the filter means: `+` stands for one \
                  level, `#` at the end for all that follow. The handler is given `topic` and \
                  `payload`, which is parsed where it is JSON. What is retained fires nothing.",
        example: Top(
            r#"watch("doorbell", message("zigbee2mqtt/+/action"), |event| { print(event.payload); });"#,
        ),
    },
    Word {
        name: "host",
        kind: Kind::Trigger,
        forms: &[Form { params: &[("name", P::Text)], returns: P::Host }],
        summary: "One host of the site file, to wait for: `.started()`, `.stopped()`, `.down()`. It is \
                  looked at every 30 s for that, and its hypervisor tells sooner where it can.",
        example: Top(
            r#"watch("nas", host("nas").down().lasting("10m"), notify("the nas is down"));"#,
        ),
    },
    Word {
        name: "started",
        kind: Kind::Modifier,
        forms: &[trigger(&[("host", P::Host)])],
        summary: "Whenever a host that was down comes up, whoever started it.",
        example: Top(r#"watch("hello", host("plex").started(), pretty("plex is up"));"#),
    },
    Word {
        name: "stopped",
        kind: Kind::Modifier,
        forms: &[trigger(&[("host", P::Host)])],
        summary: "Whenever a host that was up goes down, whoever stopped it.",
        example: Top(r#"watch("bye", host("plex").stopped(), pretty("plex has gone"));"#),
    },
    Word {
        name: "down",
        kind: Kind::Modifier,
        forms: &[trigger(&[("host", P::Host)])],
        summary: "While a host is down: it fires when that begins, once if it is so already at the \
                  start, and takes a second handler for when the host is up again.",
        example: Top(
            r#"watch("nas", host("nas").down().lasting("10m"), notify("the nas is down"), notify("it is back"));"#,
        ),
    },
    Word {
        name: "clears_at",
        kind: Kind::Modifier,
        forms: &[trigger(&[("trigger", P::Trigger), ("level", P::Number)])],
        summary: "`above` is over only at or below this level, `below` only at or above it, so that \
                  a value that hovers around the threshold does not fire again and again.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 70.0).clears_at(60.0), stop(hosts("foo")));"#,
        ),
    },
    Word {
        name: "lasting",
        kind: Kind::Modifier,
        forms: &[trigger(&[("trigger", P::Trigger), ("time", P::Duration)])],
        summary: "Fires only when the condition has held this long without a gap; stale readings \
                  and downtime begin it anew.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 70.0).lasting("5m"), stop(hosts("foo")));"#,
        ),
    },
    Word {
        name: "cooldown",
        kind: Kind::Modifier,
        forms: &[trigger(&[("trigger", P::Trigger), ("time", P::Duration)])],
        summary: "Does not fire again within this time; what still holds then fires then.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 70.0).cooldown("1h"), notify("hot"));"#,
        ),
    },
    Word {
        name: "missed",
        kind: Kind::Modifier,
        forms: &[Form {
            params: &[("schedule", P::Schedule), ("what", P::Text)],
            returns: P::Schedule,
        }],
        summary: "What becomes of the instants at which the agent did not run: \"skip\" leaves them \
                  out, as happens without it, \"once\" makes up for all of them once.",
        example: Top(
            r#"watch("updates", every_day("03:30").missed("once"), update(tagged("media")));"#,
        ),
    },
    Word {
        name: "critical",
        kind: Kind::Modifier,
        forms: &[Form { params: &[("when", P::When)], returns: P::When }],
        summary: "The watch is never paused, and runs even in safe mode.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 90.0).critical(), stop(everything()));"#,
        ),
    },
    Word {
        name: "on_fault",
        kind: Kind::Modifier,
        forms: &[Form { params: &[("when", P::When), ("handler", P::Handler)], returns: P::When }],
        summary: "Runs when a sensor that the watch needs is gone. Without it the owner is told \
                  once.",
        example: Top(
            r#"watch("heat", above("closet/temperature", 70.0).on_fault(email("the thermometer is gone")),
    stop(hosts("foo")));"#,
        ),
    },
];
