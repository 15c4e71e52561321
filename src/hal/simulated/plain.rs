//! Chips that hold what they are given: enough for any driver to be run on a datasheet's numbers.

use std::collections::BTreeMap;

use super::{ByteChip, Chip};

/// Big-endian registers of 16 bits that keep what is written; all others read as 0.
#[derive(Clone, Debug, Default)]
pub struct Registers(BTreeMap<u8, u16>);

impl<const N: usize> From<[(u8, u16); N]> for Registers {
    fn from(registers: [(u8, u16); N]) -> Self {
        Registers(registers.into())
    }
}

impl Chip for Registers {
    fn width(&self, _register: u8) -> usize {
        2
    }

    fn read(&mut self, register: u8) -> u16 {
        self.0.get(&register).copied().unwrap_or_default()
    }

    fn write(&mut self, register: u8, value: u16) {
        self.0.insert(register, value);
    }
}

/// 256 registers of one byte, behind a pointer that moves on with every byte read.
#[derive(Clone, Debug)]
pub struct ByteRegisters {
    bytes: [u8; 256],
    pointer: u8,
}

impl ByteRegisters {
    /// Everything is 0 but these runs of bytes, each from a register on.
    pub fn new(runs: &[(u8, &[u8])]) -> Self {
        let mut bytes = [0; 256];
        for (start, run) in runs {
            for (offset, byte) in run.iter().enumerate() {
                bytes[(usize::from(*start) + offset) % 256] = *byte;
            }
        }
        ByteRegisters { bytes, pointer: 0 }
    }
}

impl ByteChip for ByteRegisters {
    fn write(&mut self, bytes: &[u8]) {
        let Some((register, values)) = bytes.split_first() else { return };
        self.pointer = *register;
        // Chips of this kind take pairs of register and value; drivers here write one a time.
        if let Some(value) = values.first() {
            self.bytes[usize::from(*register)] = *value;
        }
    }

    fn read(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.bytes[usize::from(self.pointer)];
            self.pointer = self.pointer.wrapping_add(1);
        }
    }
}

/// Answers each command with fixed bytes, by how the command begins; the empty command is what
/// stands there before any. Silence reads as 0xFF, as on open wires.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    answers: Vec<(Vec<u8>, Vec<u8>)>,
    told: Vec<u8>,
}

impl Commands {
    pub fn new(answers: &[(&[u8], &[u8])]) -> Self {
        let answers = answers.iter().map(|(command, answer)| (command.to_vec(), answer.to_vec()));
        Commands { answers: answers.collect(), told: Vec::new() }
    }
}

impl ByteChip for Commands {
    fn write(&mut self, bytes: &[u8]) {
        self.told = bytes.to_vec();
    }

    fn read(&mut self, buffer: &mut [u8]) {
        // The longest beginning is the most exact one.
        let fitting = self.answers.iter().filter(|(command, _)| self.told.starts_with(command));
        let answer = fitting.max_by_key(|(command, _)| command.len());
        let bytes = answer.map_or(&[][..], |(_, bytes)| bytes);
        for (index, place) in buffer.iter_mut().enumerate() {
            *place = bytes.get(index).copied().unwrap_or(0xFF);
        }
    }
}
