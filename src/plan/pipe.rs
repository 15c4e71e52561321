//! A pipe: what a script asks for, before anything has happened.
//!
//! Pipes are plain data. They can be stored (a timer keeps one over a restart) unless they hold a
//! closure, which lives only as long as its script.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::Alert;
use crate::output::Level;

/// Where in a script a step or a handler stands, for error messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The script's name, without its folder and ending: `closet-heat`.
    pub script: String,
    /// Line, counted from 1; 0 where it is not known.
    pub line: usize,
    /// Column, counted from 1; 0 where it is not known.
    pub column: usize,
}

/// Steps joined by `|`, executed from left to right.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pipe {
    pub steps: Vec<Step>,
    /// `.if_changed()`: reports are not sent when nothing changed.
    #[serde(default)]
    pub if_changed: bool,
    #[serde(default)]
    pub place: Place,
}

/// One element of a pipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Does something to hosts.
    Act(Act),
    /// Switches an output of this board.
    Output(OutputStep),
    /// Tells somebody how it went; always runs and receives the failures too.
    Tell(Tell),
    /// The same, with a mind to how often it was told already.
    Alert(Alert),
    /// Asks people whether the pipe goes on.
    Ask(Ask),
    /// Leaves only the rows for which the function says true; none left ends the pipe quietly.
    Pick(Callback),
    /// Leaves only what differs from what `record` kept under this name; nothing left ends the pipe
    /// quietly.
    NewSince(String),
    /// `one_by_one`: host after host, continued after a restart where it was.
    OneByOne(OneByOne),
    /// `all`: pipes beside each other, their rows joined.
    All(Vec<Pipe>),
}

/// A step that asks people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    pub question: String,
    /// No answer in this time is a no.
    pub within: Duration,
}

/// An acting step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    pub verb: Verb,
    /// The hosts named in the step; without them the step takes those that the pipe has left.
    pub hosts: Option<Vec<String>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Start,
    Stop {
        /// `.with_guests()`: also stop machines that run on these hosts and are not named.
        with_guests: bool,
    },
    Restart,
    /// Sends the Wake-on-LAN packet and waits for nothing.
    Wake,
    Shell {
        command: String,
    },
    Upload {
        /// A file on this board, relative to the scripts' folder.
        from: String,
        /// Its path on the host.
        to: String,
    },
    Update,
    /// Makes machines from a template and waits until they answer.
    Create {
        template: String,
    },
    /// Deletes machines that `create` made, with their disks.
    Destroy,
    /// Looks which ports are open.
    OpenPorts {
        /// Of this network of the site file, as the hosts see it; without it, of the hosts
        /// themselves, as this board sees them.
        network: Option<String>,
    },
    /// Has the machines where the template says, all of them or none.
    Place(Placing),
    /// Stops the hosts and keeps every other script from starting them until `release`.
    HoldOff {
        hold: String,
    },
    /// Starts the hosts and keeps every other script from stopping them until `release`.
    HoldOn {
        hold: String,
    },
    /// Lets go of a hold and undoes what it did.
    Release {
        hold: String,
    },
}

impl Verb {
    /// Whether it switches a host on or off.
    pub fn switches(&self) -> bool {
        match self {
            Verb::Start
            | Verb::Stop { .. }
            | Verb::Restart
            | Verb::Wake
            | Verb::Create { .. }
            | Verb::Destroy
            | Verb::Place(_)
            | Verb::HoldOff { .. }
            | Verb::HoldOn { .. }
            | Verb::Release { .. } => true,
            Verb::Shell { .. } | Verb::Upload { .. } | Verb::Update | Verb::OpenPorts { .. } => {
                false
            }
        }
    }

    /// The word that scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Start => "start",
            Verb::Stop { .. } => "stop",
            Verb::Restart => "restart",
            Verb::Wake => "wake",
            Verb::Shell { .. } => "shell",
            Verb::Upload { .. } => "upload",
            Verb::Update => "update",
            Verb::Create { .. } => "create",
            Verb::Destroy => "destroy",
            Verb::OpenPorts { .. } => "open_ports",
            Verb::Place(_) => "place",
            Verb::HoldOff { .. } => "hold_off",
            Verb::HoldOn { .. } => "hold_on",
            Verb::Release { .. } => "release",
        }
    }
}

/// How machines come to where they are to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placing {
    pub template: String,
    /// `.stop_first()`: the old ones are destroyed before the new ones are made.
    #[serde(default)]
    pub stop_first: bool,
    /// `.margin(0.15)`: how much cheaper it must be there, as a part of what it costs now.
    #[serde(default)]
    pub margin: Option<f64>,
    /// `.dwell("2h")`: how long they stay at least where they came last.
    #[serde(default)]
    pub dwell: Option<Duration>,
}

impl Placing {
    pub fn at(template: impl Into<String>) -> Self {
        Placing { template: template.into(), stop_first: false, margin: None, dwell: None }
    }
}

/// A step that switches an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputStep {
    /// Its name in the site file.
    pub output: String,
    pub act: OutputAct,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputAct {
    Set(Level),
    /// On for this long, and then off.
    Pulse(Duration),
}

impl OutputAct {
    /// The word that scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            OutputAct::Set(_) => "set",
            OutputAct::Pulse(_) => "pulse",
        }
    }

    /// What the output is at once.
    pub fn level(&self) -> Level {
        match self {
            OutputAct::Set(level) => *level,
            OutputAct::Pulse(_) => Level::ON,
        }
    }
}

/// A telling step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    Email {
        /// Empty: the addresses of the site file.
        #[serde(default)]
        to: Vec<String>,
        subject: String,
        /// Stands above the report; the report itself is always there.
        body: Option<String>,
    },
    Notify {
        title: String,
    },
    /// Prints the report to the agent's terminal and journal.
    Pretty {
        title: String,
    },
    /// Answers whoever fired this: the voice, or the command line.
    Reply {
        text: String,
    },
    /// Says something on the broker, now.
    Publish {
        topic: String,
        payload: String,
    },
    /// Keeps the rows under a name in the journal.
    Record {
        name: String,
    },
}

impl Tell {
    /// What it says, before any failures are counted in it.
    pub fn title(&self) -> &str {
        match self {
            Tell::Email { subject: title, .. }
            | Tell::Notify { title }
            | Tell::Pretty { title }
            | Tell::Reply { text: title }
            | Tell::Publish { topic: title, .. }
            | Tell::Record { name: title } => title,
        }
    }

    /// The word that scripts use.
    pub fn name(&self) -> &'static str {
        match self {
            Tell::Email { .. } => "email",
            Tell::Notify { .. } => "notify",
            Tell::Pretty { .. } => "pretty",
            Tell::Reply { .. } => "reply",
            Tell::Publish { .. } => "publish",
            Tell::Record { .. } => "record",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OneByOne {
    pub hosts: Vec<String>,
    /// Given a host's name, returns the pipe for it.
    pub each: Callback,
    /// `.keep_going()`: a host that failed does not end the walk.
    pub keep_going: bool,
}

/// A function of the script's. A named one can be stored; a closure lives with its script.
///
/// The engine's function pointer travels as an opaque value, so that plans know nothing of the
/// script language.
#[derive(Clone, Serialize, Deserialize)]
pub struct Callback {
    /// The function's name in the script; `None` for a closure.
    pub name: Option<String>,
    #[serde(skip)]
    pub function: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or("|…|"))
    }
}

/// What a watch, a timer or a switch runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handler {
    Pipe(Pipe),
    Function(Callback),
}

impl Pipe {
    /// True when the pipe can be kept in the store: no closure anywhere in it.
    pub fn is_storable(&self) -> bool {
        self.steps.iter().all(|step| match step {
            Step::Act(_)
            | Step::Output(_)
            | Step::Tell(_)
            | Step::Alert(_)
            | Step::Ask(_)
            | Step::NewSince(_) => true,
            Step::Pick(callback) => callback.name.is_some(),
            Step::OneByOne(walk) => walk.each.name.is_some(),
            Step::All(pipes) => pipes.iter().all(Pipe::is_storable),
        })
    }
}
