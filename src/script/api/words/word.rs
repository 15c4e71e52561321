//! One word of the vocabulary.

use serde::Serialize;

use super::ParamType;

/// Everything that is said about one word.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Word {
    pub name: &'static str,
    pub kind: Kind,
    /// The ways of calling it; none for a constant.
    pub forms: &'static [Form],
    /// One or two plain sentences, with units.
    pub summary: &'static str,
    pub example: Example,
}

/// One way of calling a word. A method's first parameter is what stands before the dot.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Form {
    pub params: &'static [Param],
    pub returns: ParamType,
}

/// A parameter's name and type.
pub type Param = (&'static str, ParamType);

/// What a word is for; the reference is grouped by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Declare,
    Schedule,
    Trigger,
    Modifier,
    Select,
    Verb,
    Hold,
    Output,
    Tell,
    Pipe,
    Sensor,
    State,
    Timer,
    Time,
}

/// A snippet that runs as it is written.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Example {
    /// Stands on a script's top level.
    Top(&'static str),
    /// Stands in a handler.
    Handler(&'static str),
}

impl Kind {
    /// In the order of the reference.
    pub const ALL: [Kind; 14] = [
        Kind::Declare,
        Kind::Schedule,
        Kind::Trigger,
        Kind::Modifier,
        Kind::Select,
        Kind::Verb,
        Kind::Hold,
        Kind::Output,
        Kind::Tell,
        Kind::Pipe,
        Kind::Sensor,
        Kind::State,
        Kind::Timer,
        Kind::Time,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Kind::Declare => "Declaring",
            Kind::Schedule => "Schedules",
            Kind::Trigger => "Triggers",
            Kind::Modifier => "Modifiers and methods",
            Kind::Select => "Selecting hosts",
            Kind::Verb => "Acting on hosts",
            Kind::Hold => "Holding hosts",
            Kind::Output => "Switching outputs",
            Kind::Tell => "Telling people",
            Kind::Pipe => "Pipes",
            Kind::Sensor => "Sensors",
            Kind::State => "Memory",
            Kind::Timer => "Timers",
            Kind::Time => "Time",
        }
    }
}

impl Word {
    /// Whether a call of it is a step of a pipe.
    pub fn makes_pipe(&self) -> bool {
        self.kind != Kind::Modifier && self.forms.iter().any(|form| form.returns == ParamType::Pipe)
    }

    /// Each form as it is written: `above(sensor, threshold)`, `.lasting(time)`.
    pub fn written(&self) -> Vec<String> {
        if self.forms.is_empty() {
            return vec![self.name.to_owned()];
        }
        let as_method = self.kind == Kind::Modifier;
        self.forms.iter().map(|form| form.written(self.name, as_method)).collect()
    }
}

impl Form {
    pub fn written(&self, name: &str, as_method: bool) -> String {
        let (dot, skipped) = if as_method { (".", 1) } else { ("", 0) };
        let params: Vec<_> = self.params.iter().skip(skipped).map(|(name, _)| *name).collect();
        format!("{dot}{name}({})", params.join(", "))
    }
}

impl Example {
    /// The snippet alone.
    pub fn text(&self) -> &'static str {
        match self {
            Example::Top(text) | Example::Handler(text) => text,
        }
    }

    /// A whole script with the snippet where it belongs.
    pub fn script(&self) -> String {
        match self {
            Example::Top(text) => (*text).to_owned(),
            Example::Handler(text) => {
                format!("watch(\"example\", once_an_hour, || {{\n    {text}\n}});")
            }
        }
    }
}
