//! What an argument has to be, and what a call gives back.

use serde::Serialize;

/// A type of the language, as its owner thinks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamType {
    /// With or without a fraction.
    Number,
    /// Without a fraction.
    Whole,
    Text,
    /// A text such as `5m` or `2h30m`.
    Duration,
    Bool,
    /// What a sensor can say: a number, true or false.
    Reading,
    Array,
    Map,
    /// A closure, or a function by its name.
    Function,
    /// A function or a pipe.
    Handler,
    Pipe,
    Hosts,
    /// One host, to wait for.
    Host,
    /// A device and a state, as they are said.
    Sentence,
    Schedule,
    Trigger,
    /// A schedule or a trigger.
    When,
    Nothing,
    Any,
}

impl ParamType {
    /// Whether a value of this type may stand for `param`.
    pub fn fits(self, param: ParamType) -> bool {
        use ParamType as P;
        self == param
            || matches!(
                (self, param),
                (_, P::Any)
                    | (P::Any, _)
                    | (P::Whole, P::Number)
                    | (P::Text, P::Duration)
                    | (P::Number | P::Whole | P::Bool, P::Reading)
                    | (P::Function | P::Pipe, P::Handler)
                    | (P::Schedule | P::Trigger, P::When)
                    | (P::When, P::Schedule | P::Trigger)
            )
    }

    /// With its article: `a number`.
    pub fn word(self) -> &'static str {
        match self {
            ParamType::Number => "a number",
            ParamType::Whole => "a whole number",
            ParamType::Text => "a string",
            ParamType::Duration => "a duration",
            ParamType::Bool => "a bool",
            ParamType::Reading => "a number, true or false",
            ParamType::Array => "an array",
            ParamType::Map => "a map",
            ParamType::Function => "a function",
            ParamType::Handler => "a function or a pipe",
            ParamType::Pipe => "a pipe",
            ParamType::Hosts => "hosts",
            ParamType::Host => "a host",
            ParamType::Sentence => "a sentence",
            ParamType::Schedule => "a schedule",
            ParamType::Trigger => "a trigger",
            ParamType::When => "a schedule or a trigger",
            ParamType::Nothing => "nothing",
            ParamType::Any => "any value",
        }
    }

    /// From the word for a value of the engine's ([`type_word`](crate::script::diagnostics::type_word)).
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word {
            "a number" => ParamType::Number,
            "a string" => ParamType::Text,
            "a bool" => ParamType::Bool,
            "an array" => ParamType::Array,
            "a map" => ParamType::Map,
            "a function" => ParamType::Function,
            "a pipe" => ParamType::Pipe,
            "hosts" => ParamType::Hosts,
            "a host" => ParamType::Host,
            "a sentence" => ParamType::Sentence,
            "a when" => ParamType::When,
            "nothing" => ParamType::Nothing,
            _ => return None,
        })
    }

    /// How such a value is written, for those who gave something else.
    pub fn example(self) -> Option<&'static str> {
        Some(match self {
            ParamType::Handler => {
                "for example `|| run(stop(hosts(\"foo\")))`, or `stop(hosts(\"foo\")) | email(\"stopped\")`"
            }
            ParamType::When | ParamType::Schedule => {
                "for example `once_an_hour`, `every(\"10m\")` or `above(\"closet/temperature\", 70.0)`"
            }
            ParamType::Trigger => "for example `above(\"closet/temperature\", 70.0)`",
            ParamType::Host => "for example `host(\"nas\").down()`",
            ParamType::Hosts => "for example `hosts(\"foo\")` or `tagged(\"media\")`",
            ParamType::Duration => {
                "a duration stands in quotes, with its unit: `\"90s\"`, `\"5m\"`, `\"2h30m\"`"
            }
            ParamType::Function => "for example `|row| row.ok`",
            ParamType::Text => "a text stands in quotes",
            _ => return None,
        })
    }
}
