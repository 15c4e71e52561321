//! Switches that others in the house can see and use.

use super::{Example::Top, Form, Kind, ParamType as P, Word};

pub(super) static WORDS: [Word; 2] = [
    Word {
        name: "wemo",
        kind: Kind::Declare,
        forms: &[
            Form { params: &[("name", P::Text), ("handler", P::Handler)], returns: P::Nothing },
            Form { params: &[("name", P::Text), ("switch", P::Map)], returns: P::Nothing },
            Form {
                params: &[("sentence", P::Sentence), ("handler", P::Handler)],
                returns: P::Nothing,
            },
        ],
        summary: "Declares a switch that Alexa and Home Assistant find as a WeMo device; needs \
                  [alexa] in the site file. With a handler alone it does something once and falls \
                  back to off. A map says more: `on` and `off` (handlers), `state` (a function or \
                  hosts; else that of the hosts and outputs which its pipes switch), \
                  `dimmer: true`, or `sensor: \"closet/door\"` to show a sensor.",
        example: Top(
            r#"wemo("plex power", #{ on: start(hosts("plex")), off: stop(hosts("plex")) });"#,
        ),
    },
    Word {
        name: "alexa",
        kind: Kind::Declare,
        forms: &[Form { params: &[("said", P::Text)], returns: P::Sentence }],
        summary: "Reads a device and a state out of one sentence, for `wemo`; the other state may \
                  stand in a second line.",
        example: Top(r#"wemo(alexa("media centre on"), start(hosts("plex")) | reply("ok"));"#),
    },
];
