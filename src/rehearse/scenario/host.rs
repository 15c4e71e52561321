//! A host of the scenario.

use std::time::Duration;

use serde::Deserialize;

use super::{Span, Window, parts::all};

/// One `[[hosts]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    pub name: String,
    #[serde(default)]
    pub kind: MachineKind,
    /// The host that it runs on.
    pub on: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// The room that it warms.
    pub room: Option<String>,
    /// W when it runs and has little to do.
    pub idle_watts: f64,
    /// W when it boots or has much to do.
    pub busy_watts: f64,
    /// When it has much to do.
    #[serde(default)]
    pub busy: Vec<Window>,
    /// The part of its power that warms the room, 0 to 1.
    #[serde(default = "all")]
    pub heat_share: f64,
    #[serde(default = "boot")]
    pub boot: Span,
    #[serde(default = "shutdown")]
    pub shutdown: Span,
    /// How long a shell command or an upload takes.
    #[serde(default = "command")]
    pub command: Span,
    #[serde(default = "update")]
    pub update: Span,
    /// Whether there is such a machine when the scenario begins; `create` makes one.
    #[serde(default = "is_made")]
    pub made: bool,
    /// The TCP ports on which it listens.
    #[serde(default = "ports")]
    pub ports: Vec<u16>,
    /// The template that it was made from, of a placed one; the first of the scenario's unless said.
    pub at: Option<String>,
    /// Whether it runs when the scenario begins.
    #[serde(default)]
    pub running: bool,
    /// The acts that always fail: `start`, `stop`, `restart`, `shell`, `upload`, `update`, `create`,
    /// `destroy`.
    #[serde(default)]
    pub fails: Vec<String>,
    /// How likely any other act fails, 0 to 1.
    #[serde(default)]
    pub failure_probability: f64,
}

impl HostPlan {
    /// A small machine of which nothing is known, running.
    pub fn ordinary(room: Option<String>) -> Self {
        HostPlan {
            name: String::new(),
            kind: MachineKind::Physical,
            on: None,
            tags: Vec::new(),
            room,
            idle_watts: 40.0,
            busy_watts: 80.0,
            busy: Vec::new(),
            heat_share: all(),
            boot: boot(),
            shutdown: shutdown(),
            command: command(),
            update: update(),
            made: true,
            ports: ports(),
            at: None,
            running: true,
            fails: Vec::new(),
            failure_probability: 0.0,
        }
    }
}

fn is_made() -> bool {
    true
}

fn boot() -> Span {
    Span(Duration::from_secs(60))
}

fn shutdown() -> Span {
    Span(Duration::from_secs(20))
}

fn command() -> Span {
    Span(Duration::from_secs(2))
}

fn ports() -> Vec<u16> {
    vec![22]
}

fn update() -> Span {
    Span(Duration::from_secs(180))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    #[default]
    Physical,
    Ssh,
    /// A virtual machine.
    Libvirt,
    /// One that `create` makes and `destroy` deletes.
    Placed,
}
