//! The only way in which a plan touches anything outside the agent.
//!
//! Three worlds stand behind this trait: `Live` does it, `Dry` queries for real and writes acts
//! down, `Rehearsed` is the simulated closet. What they share (deadlines, order, parallel hosts,
//! waiting until a host is up, arbitration) stands above the trait, in the executor.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    curve::Curve,
    pipe::OutputStep,
    question::{Asking, Question},
    report::Report,
};
use crate::host::{
    Host, Whereabouts,
    scan::{PortSet, ScanPace, Scanned, Targets},
};

#[async_trait]
pub trait World: Send + Sync {
    /// Asks whether the host is up, now. `Err` means that it cannot be known.
    async fn probe(&self, host: &Host) -> Result<Power, Failure>;

    /// Does one thing to one host and says what came of it. `Start` and `Stop` only set it going;
    /// the executor waits until [`World::probe`] agrees.
    async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure>;

    /// Looks which of these ports are open on a host, as seen from this board.
    async fn scan(
        &self,
        host: &Host,
        _ports: &PortSet,
        _pace: ScanPace,
    ) -> Result<Scanned, Failure> {
        Err(Failure::new(
            FailureKind::NotConfigured,
            format!("{}: nothing looks for ports here", host.name),
        ))
    }

    /// Has a host look which of these ports are open on the addresses that it sees.
    async fn scan_around(
        &self,
        scanner: &Host,
        _targets: &Targets,
        _pace: ScanPace,
    ) -> Result<Vec<Scanned>, Failure> {
        Err(Failure::new(
            FailureKind::NotConfigured,
            format!("{}: nothing looks for ports here", scanner.name),
        ))
    }

    /// Where the machines of a placed host are. A world without such hosts refuses.
    async fn whereabouts(&self, host: &Host) -> Result<Whereabouts, Failure> {
        let message = format!("{}: nothing is placed here", host.name);
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Switches one output of this board, because a watch (`script/watch`) asks for it. A world
    /// without outputs refuses.
    async fn switch(&self, step: &OutputStep, _by: &str) -> Result<Done, Failure> {
        let message = format!("there is no output \"{}\" here", step.output);
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Whether [`World::switch`] would change anything now. Touches nothing.
    async fn would_switch(&self, step: &OutputStep) -> Result<bool, Failure> {
        let message = format!("there is no output \"{}\" here", step.output);
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Makes the outputs safe that this watch (`script/watch`) switched last; says what came of
    /// each.
    async fn make_safe_after(&self, _by: &str) -> Vec<(String, Result<(), Failure>)> {
        Vec::new()
    }

    /// Hands a message on. Returns once it cannot be lost any more, which is long before
    /// it has arrived.
    async fn tell(&self, message: &Message) -> Result<(), Failure>;

    /// Publishes on the broker, now; returns once the broker has it.
    async fn publish(&self, topic: &str, payload: &str) -> Result<(), Failure> {
        let _ = payload;
        let message = format!("there is no broker here to take {topic}");
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Puts a question to people; returns once it cannot be lost any more. The answer comes later.
    async fn ask(&self, question: &Question) -> Result<Asking, Failure> {
        let message = format!("there is nobody here to answer “{}”", question.text);
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Whether effects are real.
    fn is_live(&self) -> bool;
}

/// Whether a host is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    Up,
    Down,
}

/// What can be done to one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostAct {
    Start,
    Stop,
    /// Reboots; the executor waits until the host has been away and answers again.
    Restart,
    Wake,
    Shell {
        command: String,
    },
    Upload {
        from: String,
        to: String,
    },
    Update,
    /// Makes it from a template and waits until it answers; a failure leaves nothing behind.
    Create {
        template: String,
    },
    /// Deletes it, with its disks; only what was made by `Create`.
    Destroy,
    /// Like `Create`, whatever the host has elsewhere. What is asked for twice with one token is made
    /// once.
    Settle {
        template: String,
        token: String,
    },
    /// Deletes the machine that was made from this template, and no other.
    Leave {
        template: String,
    },
}

impl HostAct {
    pub fn name(&self) -> &'static str {
        match self {
            HostAct::Start => "start",
            HostAct::Stop => "stop",
            HostAct::Restart => "restart",
            HostAct::Wake => "wake",
            HostAct::Shell { .. } => "shell",
            HostAct::Upload { .. } => "upload",
            HostAct::Update => "update",
            HostAct::Create { .. } | HostAct::Settle { .. } => "create",
            HostAct::Destroy | HostAct::Leave { .. } => "destroy",
        }
    }
}

/// An act that went well.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// What the command printed (standard output, then standard error), bounded in size.
    pub output: String,
    /// False when the act itself found that there was nothing to do.
    pub changed: bool,
}

/// An act that did not go well.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub kind: FailureKind,
    /// One line that says what failed, where, and how to mend it.
    pub message: String,
    /// What the command printed before it failed.
    pub output: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection; it may come back.
    Unreachable,
    /// The deadline passed.
    TimedOut,
    /// A command ran and ended with this code.
    Exit(i32),
    /// The host's key is unknown or has changed, it did not accept ours, or its hypervisor says no.
    /// Trying again is useless.
    Refused,
    /// The site file does not say how.
    NotConfigured,
    /// The host was switched too often, or too lately.
    Guarded,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), output: String::new() }
    }

    /// Whether trying again later can help.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, FailureKind::Unreachable | FailureKind::TimedOut)
    }

    /// The exit code for a report's row: −1 when the host could not be reached.
    pub fn code(&self) -> Option<i32> {
        match self.kind {
            FailureKind::Exit(code) => Some(code),
            FailureKind::Unreachable | FailureKind::TimedOut => Some(-1),
            FailureKind::Refused | FailureKind::NotConfigured | FailureKind::Guarded => None,
        }
    }
}

/// A message to people, with what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The same for every attempt and every restart: one event is one message.
    pub id: String,
    pub channel: Channel,
    /// The subject or title, failures already counted in it.
    pub subject: String,
    /// What the script wrote above the report.
    pub body: Option<String>,
    /// What came of the pipe so far.
    pub report: Report,
    /// Script and watch that sent it: `closet-heat/closet-heat`.
    pub origin: String,
    /// Why it ran: `closet/temperature 71.3 °C, above 70 °C`.
    pub cause: String,
    /// Of the sensor that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<Curve>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To these addresses; empty means those of the site file.
    Email { to: Vec<String> },
    /// The site file's `[notify]`.
    Notify,
    /// The site file's `[notify]`, as a question: nobody needs it after `until`.
    Ask { token: String, until: DateTime<Utc> },
    /// The agent's own terminal.
    Terminal,
}

impl Channel {
    /// As the journal and the scripts call it.
    pub fn name(&self) -> &'static str {
        match self {
            Channel::Email { .. } => "email",
            Channel::Notify => "notify",
            Channel::Ask { .. } => "ask",
            Channel::Terminal => "pretty",
        }
    }
}
