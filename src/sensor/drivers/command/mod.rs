//! A number that a program of the owner's prints.
//!
//! The program is started without a shell, with a bare environment (no secret of the agent's), as
//! the agent's own user, and is ended with all that it has started when its time is over.

mod run;

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{
    DriverRow, SensorSettings,
    number::{at_pointer, first_number, is_pointer},
    stand_in::stand_in,
    wait::{Patience, wait},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "command",
    summary: "a number that a program prints: the first one, or one at a JSON pointer",
    options: &[
        ("command", "the program, absolute, and its arguments: [\"/usr/bin/speed\", \"--once\"]"),
        ("pointer", "where the number stands, if the program prints JSON"),
        ("timeout", "how long it may take; 5s unless said"),
    ],
    build,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    command: Vec<String>,
    pointer: Option<String>,
    #[serde(default)]
    timeout: Patience,
}

struct Command {
    program: PathBuf,
    arguments: Vec<String>,
    pointer: Option<String>,
    patience: Patience,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { command, pointer, timeout } = settings.options.read()?;
    let mut words = command.into_iter();
    let program = PathBuf::from(words.next().unwrap_or_default());
    if !program.is_absolute() {
        let message = "`command` is a list that begins with an absolute path: \
                       [\"/usr/bin/speed\", \"--once\"]";
        return Err(OptionError::new("command", message));
    }
    if let Some(pointer) = pointer.as_ref().filter(|pointer| !is_pointer(pointer)) {
        let message = format!("a JSON pointer begins with a slash: `/{pointer}`");
        return Err(OptionError::new("pointer", message));
    }
    if let Some(driver) = stand_in(settings, hal, "") {
        return Ok(driver);
    }
    Ok(Box::new(Command { program, arguments: words.collect(), pointer, patience: timeout }))
}

impl Driver for Command {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let program = self.program.display();
        let explain = |error: ReadError| match error {
            ReadError::Transient(reason) => ReadError::Transient(format!("{program}: {reason}")),
            ReadError::Permanent(reason) => ReadError::Permanent(format!("{program}: {reason}")),
        };
        let printed =
            wait(self.patience.0, run::run(&self.program, &self.arguments)).map_err(explain)?;
        let value = match &self.pointer {
            Some(pointer) => at_pointer(&printed, pointer),
            None => first_number(&printed)
                .map(Value::Number)
                .ok_or_else(|| "it printed no number".to_owned()),
        };
        value.map_err(|reason| explain(ReadError::Transient(reason)))
    }

    fn limit(&self) -> Duration {
        self.patience.limit()
    }
}

#[cfg(test)]
mod tests;
