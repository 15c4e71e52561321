//! What a script declares at its top level.

use crate::{
    plan::{Act, Callback, Handler, Pipe, Place, Step, Verb},
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
    /// On if all of them are up.
    Hosts(Vec<String>),
    /// On if it says so.
    Sensor(String),
}

impl Switch {
    /// Where the true state is known: from what the script says, else from the hosts that its pipes
    /// start and stop.
    pub fn source(&self) -> Option<StateSource> {
        if self.state.is_some() || self.shows == Shows::Momentary {
            return self.state.clone();
        }
        let mut hosts = Vec::new();
        for handler in [&self.on, &self.off].into_iter().flatten() {
            if let Handler::Pipe(pipe) = handler {
                switched_by(pipe, &mut hosts);
            }
        }
        (!hosts.is_empty()).then_some(StateSource::Hosts(hosts))
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

fn switched_by(pipe: &Pipe, hosts: &mut Vec<String>) {
    for step in &pipe.steps {
        match step {
            Step::Act(Act { verb, hosts: Some(named) }) if switches(verb) => {
                for name in named {
                    if !hosts.contains(name) {
                        hosts.push(name.clone());
                    }
                }
            }
            Step::All(pipes) => pipes.iter().for_each(|pipe| switched_by(pipe, hosts)),
            _ => {}
        }
    }
}

fn switches(verb: &Verb) -> bool {
    let starts = matches!(verb, Verb::Start | Verb::Wake | Verb::HoldOn { .. });
    starts || matches!(verb, Verb::Stop { .. } | Verb::HoldOff { .. })
}
