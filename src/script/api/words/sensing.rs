//! Sensors and their history, and what scripts remember.

use super::{Example::Handler, Form, Kind, ParamType as P, Word};

const WINDOW: &[super::Param] = &[("sensor", P::Text), ("window", P::Duration)];
const OVER_WINDOW: &[Form] = &[Form { params: WINDOW, returns: P::Number }];

pub(super) static WORDS: [Word; 9] = [
    Word {
        name: "sensor",
        kind: Kind::Sensor,
        forms: &[Form { params: &[("sensor", P::Text)], returns: P::Reading }],
        summary: "A sensor's value, in its own unit: a number, true or false. When the sensor is \
                  stale, failing or implausible it ends the handler; it never gives a default.",
        example: Handler(
            r#"if sensor("closet/temperature") > 70.0 { run(stop(hosts("foo")) | email("too hot")) }"#,
        ),
    },
    Word {
        name: "reading",
        kind: Kind::Sensor,
        forms: &[Form { params: &[("sensor", P::Text)], returns: P::Map }],
        summary: "All that is known of a sensor: `value`, `unit`, `age` in seconds, `quality`, and \
                  `why` it is in trouble. It does not end the handler.",
        example: Handler(r#"print(reading("closet/temperature").quality);"#),
    },
    Word {
        name: "average",
        kind: Kind::Sensor,
        forms: OVER_WINDOW,
        summary: "The mean of a sensor's readings in the last time, in its unit.",
        example: Handler(
            r#"if average("solar/power", "30m") > 8000.0 { run(start(hosts("coin-1"))) }"#,
        ),
    },
    Word {
        name: "minimum",
        kind: Kind::Sensor,
        forms: OVER_WINDOW,
        summary: "The lowest value of a sensor in the last time, in its unit.",
        example: Handler(r#"print(minimum("closet/temperature", "1h"));"#),
    },
    Word {
        name: "maximum",
        kind: Kind::Sensor,
        forms: OVER_WINDOW,
        summary: "The highest value of a sensor in the last time, in its unit.",
        example: Handler(r#"print(maximum("closet/temperature", "1h"));"#),
    },
    Word {
        name: "rate",
        kind: Kind::Sensor,
        forms: OVER_WINDOW,
        summary: "How fast a sensor changed in the last time, in its unit an hour: the slope of the \
                  line through its readings, of which it needs two.",
        example: Handler(
            r#"if rate("closet/temperature", "1h") > 10.0 { run(notify("it gets hot fast")) }"#,
        ),
    },
    Word {
        name: "history",
        kind: Kind::Sensor,
        forms: &[Form { params: WINDOW, returns: P::Array }],
        summary: "The readings of a sensor in the last time, oldest first: each has `at`, in \
                  seconds since 1970, and `value`.",
        example: Handler(
            r#"for point in history("closet/temperature", "1h") { print(point.value) }"#,
        ),
    },
    Word {
        name: "remember",
        kind: Kind::State,
        forms: &[Form { params: &[("key", P::Text), ("value", P::Any)], returns: P::Nothing }],
        summary: "Keeps a number, a text, true, false, an array or a map for this script, also over \
                  a restart.",
        example: Handler(r#"remember("starts", recall("starts", 0) + 1);"#),
    },
    Word {
        name: "recall",
        kind: Kind::State,
        forms: &[Form { params: &[("key", P::Text), ("default", P::Any)], returns: P::Any }],
        summary: "What this script remembered under a key, or the default.",
        example: Handler(r#"if recall("mode", "normal") == "holiday" { run(stop(everything())) }"#),
    },
];
