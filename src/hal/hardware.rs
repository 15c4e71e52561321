//! What a driver can reach on this board.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::{
    AnyI2c, Backend, Board, ChipModel, Delay, Files, Lines,
    lines::SimulatedLines,
    linux::LinuxI2c,
    rpi::RpiI2c,
    shared::SharedThings,
    simulated::{Environment, Ina226, Mcp9808, SimulatedI2c},
};
use crate::config::Secret;

/// The board's buses and files. Cheap to clone; making one touches no hardware.
#[derive(Clone)]
pub struct Hal {
    i2c: BTreeMap<String, AnyI2c>,
    simulated: BTreeMap<String, SimulatedI2c>,
    files: Files,
    lines: Lines,
    delay: Delay,
    shared: SharedThings,
    secrets: SecretLookup,
}

/// Finds a secret's value, or says why there is none.
pub type SecretLookup = Arc<dyn Fn(&Secret) -> Result<String, String> + Send + Sync>;

/// A bus that the board does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board has no bus `{name}`; it has {}", .known.join(", "))]
pub struct HalError {
    name: String,
    known: Vec<String>,
}

impl Hal {
    /// The real hardware of a board. Simulated buses of its profile stay empty: nothing simulated
    /// is ever mixed with what is real.
    pub fn real(board: &Board) -> Self {
        let i2c = board.i2c.iter().map(|(name, bus)| {
            let bus = match bus {
                Backend::Linux { device } => AnyI2c::new(LinuxI2c::new(device)),
                Backend::Rpi { number } => AnyI2c::new(RpiI2c::new(*number)),
                Backend::Simulated {} => AnyI2c::new(SimulatedI2c::default()),
            };
            (name.clone(), bus)
        });
        Hal {
            i2c: i2c.collect(),
            simulated: BTreeMap::new(),
            lines: Lines::real(&board.pins),
            files: Files::Real { root: PathBuf::from("/") },
            delay: Delay::Real,
            shared: SharedThings::default(),
            secrets: no_secrets(),
        }
    }

    /// The same hardware, with the kernel's files below another folder.
    #[must_use]
    pub fn with_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.files = Files::Real { root: root.into() };
        self
    }

    /// The same hardware, for drivers that need `{ secret = "…" }`.
    #[must_use]
    pub fn with_secrets(mut self, secrets: SecretLookup) -> Self {
        self.secrets = secrets;
        self
    }

    /// A board whose every bus and file is simulated, with the chips of its profile; they measure
    /// the environment.
    pub fn simulated(board: &Board, environment: Arc<dyn Environment>) -> Self {
        let simulated: BTreeMap<String, SimulatedI2c> =
            board.i2c.keys().map(|name| (name.clone(), SimulatedI2c::default())).collect();
        for chip in &board.chips {
            // Board::parse has checked that the bus exists.
            let Some(bus) = simulated.get(&chip.bus) else { continue };
            let environment = environment.clone();
            match &chip.model {
                ChipModel::Mcp9808 { temperature } => {
                    bus.attach(chip.address, Mcp9808::new(environment, temperature));
                }
                ChipModel::Ina226 { voltage, power, shunt_ohms } => {
                    bus.attach(chip.address, Ina226::new(environment, voltage, power, *shunt_ohms));
                }
            }
        }
        Hal {
            i2c: simulated
                .iter()
                .map(|(name, bus)| (name.clone(), AnyI2c::new(bus.clone())))
                .collect(),
            simulated,
            lines: Lines::simulated(SimulatedLines::new(environment.clone())),
            files: Files::Simulated(environment),
            delay: Delay::None,
            shared: SharedThings::default(),
            secrets: no_secrets(),
        }
    }

    /// The simulated world; `None` on real hardware. A driver of what is no bus and no file
    /// (a server, a program, a serial line) asks it instead, so that a simulation reaches nothing.
    pub fn environment(&self) -> Option<&Arc<dyn Environment>> {
        match &self.files {
            Files::Simulated(environment) => Some(environment),
            Files::Real { .. } => None,
        }
    }

    /// A secret's value, looked up anew each time.
    ///
    /// # Errors
    /// Where it should have been, and how to put it there.
    pub fn secret(&self, secret: &Secret) -> Result<String, String> {
        (self.secrets)(secret)
    }

    /// Something that all sensors of this site share under a name; made when it is asked for
    /// first.
    pub fn shared<T: Send + 'static>(&self, name: &str, make: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        self.shared.get(name, make)
    }

    /// A bus by the name that the profile gives it, for example `i2c-1`.
    pub fn i2c(&self, name: &str) -> Result<AnyI2c, HalError> {
        self.i2c.get(name).cloned().ok_or_else(|| HalError {
            name: name.to_owned(),
            known: self.i2c.keys().cloned().collect(),
        })
    }

    /// Every bus, by name.
    pub fn i2c_buses(&self) -> impl Iterator<Item = (&str, AnyI2c)> {
        self.i2c.iter().map(|(name, bus)| (name.as_str(), bus.clone()))
    }

    /// The simulation behind a bus, to break things on purpose; `None` on real hardware.
    pub fn simulated_i2c(&self, name: &str) -> Option<&SimulatedI2c> {
        self.simulated.get(name)
    }

    pub fn files(&self) -> &Files {
        &self.files
    }

    /// GPIO lines and PWM channels.
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    pub fn delay(&self) -> Delay {
        self.delay
    }
}

fn no_secrets() -> SecretLookup {
    Arc::new(|secret| Err(format!("no secrets are known here, and \"{}\" is needed", secret.name)))
}

#[cfg(test)]
mod tests {
    use embedded_hal::i2c::I2c;

    use super::*;
    use crate::hal::I2cError;

    #[test]
    fn the_simulated_board_carries_its_chips() {
        let board = Board::named("simulated").unwrap();
        let hal = Hal::simulated(&board, Arc::new(|_: &str| Some(20.0)));
        let mut bus = hal.i2c("i2c-1").unwrap();
        let mut id = [0; 2];
        bus.write_read(0x18, &[6], &mut id).unwrap();
        assert_eq!(id, [0x00, 0x54]);
        bus.write_read(0x40, &[0xFE], &mut id).unwrap();
        assert_eq!(&id, b"TI");
        assert_eq!(bus.read(0x19, &mut id), Err(I2cError::NoAnswer));
    }

    #[test]
    fn an_unknown_bus_is_an_error_that_names_the_known() {
        let hal = Hal::real(&Board::named("simulated").unwrap());
        let Err(error) = hal.i2c("i2c-7") else { panic!("there is no such bus") };
        assert_eq!(error.to_string(), "the board has no bus `i2c-7`; it has i2c-1");
    }
}
