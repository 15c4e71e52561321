//! Board profiles: data in `boards/`, built into the binary.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{BoardError, DeviceTree, lines::Pins};
use crate::{config::BoardChoice, suggest::nearest};

/// Every profile, by the name that the site file uses.
const PROFILES: [(&str, &str); 11] = [
    ("beaglebone-black", include_str!("../../boards/beaglebone-black.toml")),
    ("generic-linux", include_str!("../../boards/generic-linux.toml")),
    ("orange-pi", include_str!("../../boards/orange-pi.toml")),
    ("raspberry-pi-1", include_str!("../../boards/raspberry-pi-1.toml")),
    ("raspberry-pi-2", include_str!("../../boards/raspberry-pi-2.toml")),
    ("raspberry-pi-3", include_str!("../../boards/raspberry-pi-3.toml")),
    ("raspberry-pi-4", include_str!("../../boards/raspberry-pi-4.toml")),
    ("raspberry-pi-5", include_str!("../../boards/raspberry-pi-5.toml")),
    ("raspberry-pi-zero", include_str!("../../boards/raspberry-pi-zero.toml")),
    ("raspberry-pi-zero-2-w", include_str!("../../boards/raspberry-pi-zero-2-w.toml")),
    ("simulated", include_str!("../../boards/simulated.toml")),
];

/// For a board that is none of the others.
const GENERIC: &str = "generic-linux";

/// What is known of one kind of board.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Board {
    #[serde(skip)]
    pub name: String,
    /// For people: `Raspberry Pi 4`.
    pub title: String,
    /// The `compatible` strings of the device tree's root that select this profile.
    #[serde(default)]
    pub compatible: Vec<String>,
    /// Beginnings of the device tree's `model` that select this profile; the longest one wins.
    #[serde(default)]
    pub models: Vec<String>,
    /// Buses by the name that `bus = "…"` of a sensor uses.
    pub i2c: BTreeMap<String, Backend>,
    /// The header's GPIO pins, by the chip that has them.
    #[serde(default)]
    pub pins: Vec<Pins>,
    /// Chips of a simulated board.
    #[serde(default, rename = "chip")]
    pub chips: Vec<ChipProfile>,
}

/// Who drives a bus.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "backend", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Backend {
    /// The kernel's i2c-dev, by the path of the device file.
    Linux { device: String },
    /// rppal, by the number of `/dev/i2c-N`.
    Rpi { number: u8 },
    /// Registers in memory.
    Simulated {},
}

/// A simulated chip on a simulated bus.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ChipProfile {
    pub bus: String,
    /// Seven bits, 0x08 to 0x77.
    pub address: u8,
    #[serde(flatten)]
    pub model: ChipModel,
}

/// Which chip, and the names of the environment's quantities that it measures.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ChipModel {
    /// `temperature` in °C.
    Mcp9808 { temperature: String },
    /// `voltage` in V, `power` in W, and the shunt's resistance in Ω.
    Ina226 { voltage: String, power: String, shunt_ohms: f64 },
}

impl Board {
    /// The profile that the site file asks for; `auto` looks into the device tree, and takes a board
    /// that is not known for any Linux board.
    pub fn choose(choice: &BoardChoice, tree: &DeviceTree) -> Result<Board, BoardError> {
        match choice {
            BoardChoice::Named(name) => Board::named(name),
            BoardChoice::Auto => match Board::recognise(tree)? {
                Some(board) => Ok(board),
                None => Board::named(GENERIC),
            },
        }
    }

    /// A profile of `boards/`.
    pub fn named(name: &str) -> Result<Board, BoardError> {
        match PROFILES.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Board::parse(name, text),
            None => Err(BoardError::Unknown {
                name: name.to_owned(),
                suggestion: nearest(name, PROFILES.map(|(known, _)| known)).map(str::to_owned),
                known: PROFILES.map(|(known, _)| known).join(", "),
            }),
        }
    }

    /// The profile of the board on which this runs, or `None` when it is not known.
    pub fn recognise(tree: &DeviceTree) -> Result<Option<Board>, BoardError> {
        let boards = PROFILES
            .iter()
            .map(|(name, text)| Board::parse(name, text))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(boards
            .into_iter()
            .filter_map(|board| Some((tree.matches(&board.compatible, &board.models)?, board)))
            .max_by_key(|(certainty, _)| *certainty)
            .map(|(_, board)| board))
    }

    /// Whether nothing on this board is real, so that nothing real may be done because of it.
    pub fn is_simulated(&self) -> bool {
        self.i2c.values().any(|bus| *bus == Backend::Simulated {})
    }

    fn parse(name: &str, text: &str) -> Result<Board, BoardError> {
        let invalid = |reason: String| BoardError::Invalid { name: name.to_owned(), reason };
        let mut board: Board = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
        name.clone_into(&mut board.name);
        for chip in &board.chips {
            let bus = board.i2c.get(&chip.bus);
            if bus != Some(&Backend::Simulated {}) {
                return Err(invalid(format!("`{}` is no simulated bus", chip.bus)));
            }
        }
        Ok(board)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_loads() {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/boards")).unwrap();
        assert_eq!(files.count(), PROFILES.len(), "a file of boards/ is missing in PROFILES");
        for (name, _) in PROFILES {
            let board = Board::named(name).unwrap();
            assert!(board.i2c.contains_key("i2c-1"), "{name}");
            assert_eq!(board.is_simulated(), name == "simulated");
        }
    }

    #[test]
    fn no_two_profiles_claim_one_board() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, _) in PROFILES {
            let board = Board::named(name).unwrap();
            for key in board.compatible.into_iter().chain(board.models) {
                assert!(seen.insert(key.clone()), "{name}: {key}");
            }
        }
    }

    #[test]
    fn a_mistyped_profile_is_an_error_with_a_suggestion() {
        let error = Board::named("rasberry-pi-4").unwrap_err().to_string();
        assert!(error.contains("did you mean `raspberry-pi-4`?"), "{error}");
    }

    #[test]
    fn unknown_keys_and_buses_are_errors() {
        let bus = "title = 'x'\n[i2c.i2c-1]\nbackend = 'simulated'\n";
        for wrong in
            ["speed = 9", "[[chip]]\nbus='i2c-2'\naddress=24\nmodel='mcp9808'\ntemperature='t'"]
        {
            let error = Board::parse("x", &format!("{bus}{wrong}")).unwrap_err();
            assert!(matches!(error, BoardError::Invalid { .. }), "{error}");
        }
    }
}
