//! What a script declares at its top level.

use crate::{
    plan::{Act, Callback, Handler, OutputStep, Pipe, Place, Step, Verb},
    switch::Kind,
};

use super::values::When;

/// Everything that a script declares.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub watches: Vec<Watch>,
    pub switches: Vec<Switch>,
    /// Imported files, to be looked at for changes too.
    pub imports: Vec<std::path::PathBuf>,
}

/// One `watch(…)`.
#[derive(Clone, Debug)]
pub struct Watch {
    pub name: String,
    pub when: When,
    /// Runs when it fires.
    pub began: Handler,
    /// Runs when a trigger's condition is over.
    pub ended: Option<Handler>,
    pub place: Place,
}

/// One `wemo(…)`.
#[derive(Clone, Debug)]
pub struct Switch {
    pub name: String,
    pub shows: Shows,
    pub on: Option<Handler>,
    pub off: Option<Handler>,
    /// As the script says it; see [`Switch::source`].
    pub state: Option<StateSource>,
    pub place: Place,
}

/// What a switch is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Does something once, and falls back to off.
    Momentary,
    OnOff,
    Dimmer,
    /// Something to be seen only.
    Sensor,
}

/// Where a switch's true state is known.
#[derive(Clone, Debug)]
pub enum StateSource {
    /// Returns true or false; a dimmer's, a number from 0 to 100.
    Function(Callback),
    /// On if each of them is as it is said to be then.
    Parts(Vec<(Part, bool)>),
    /// On if it says so.
    Sensor(String),
}

/// One of the things that a switch stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// On when it is up.
    Host(String),
    Output(String),
}

impl Switch {
    /// Where the true state is known: from what the script says, else from the hosts and outputs
    /// that its pipes switch. It is on when they are as `on` leaves them, and what only `off` names
    /// is not as that leaves it.
    pub fn source(&self) -> Option<StateSource> {
        if self.state.is_some() || self.shows == Shows::Momentary {
            return self.state.clone();
        }
        let mut parts = Vec::new();
        if let Some(Handler::Pipe(pipe)) = &self.on {
            switched_by(pipe, &mut parts);
        }
        if let Some(Handler::Pipe(pipe)) = &self.off {
            let mut off = Vec::new();
            switched_by(pipe, &mut off);
            off.retain(|(part, _)| !parts.iter().any(|(known, _)| known == part));
            parts.extend(off.into_iter().map(|(part, on)| (part, !on)));
        }
        (!parts.is_empty()).then_some(StateSource::Parts(parts))
    }

    /// What `watchpost fire` runs: what switches it on, or off where that is all that it can do.
    pub fn fired(&self) -> Option<&Handler> {
        self.on.as_ref().or(self.off.as_ref())
    }

    /// As those see it who see the switch.
    pub fn kind(&self) -> Kind {
        match self.shows {
            Shows::Sensor => Kind::Sensor,
            Shows::Dimmer => Kind::Dimmer,
            // What can only be switched on, and never be seen to be so, is over when it is done.
            Shows::OnOff if self.off.is_some() || self.source().is_some() => Kind::Switch,
            Shows::OnOff | Shows::Momentary => Kind::Momentary,
        }
    }
}

/// What a pipe switches, and whether that is on afterwards; the last word counts.
fn switched_by(pipe: &Pipe, leaves: &mut Vec<(Part, bool)>) {
    for step in &pipe.steps {
        match step {
            Step::Act(Act { verb, hosts: Some(named) }) => {
                if let Some(on) = leaves_up(verb) {
                    named.iter().for_each(|name| leave(leaves, Part::Host(name.clone()), on));
                }
            }
            Step::Output(OutputStep { output, act }) => {
                leave(leaves, Part::Output(output.clone()), act.level().is_on());
            }
            Step::All(pipes) => pipes.iter().for_each(|pipe| switched_by(pipe, leaves)),
            _ => {}
        }
    }
}

fn leave(leaves: &mut Vec<(Part, bool)>, part: Part, on: bool) {
    leaves.retain(|(known, _)| *known != part);
    leaves.push((part, on));
}

/// How a verb leaves a host; `None` where it says nothing of that.
fn leaves_up(verb: &Verb) -> Option<bool> {
    match verb {
        Verb::Start | Verb::Wake | Verb::Create { .. } | Verb::HoldOn { .. } => Some(true),
        Verb::Stop { .. } | Verb::Destroy | Verb::HoldOff { .. } => Some(false),
        _ => None,
    }
}
