//! The simulated hardware: chips by their registers, so that real driver code can be run on it.

mod bus;
mod environment;
mod fault;
mod ina226;
mod mcp9808;
mod plain;

pub use bus::{ByteChip, Chip, SimulatedI2c};
pub use environment::Environment;
pub use fault::I2cFault;
pub use ina226::Ina226;
pub use mcp9808::Mcp9808;
pub use plain::{ByteRegisters, Commands, Registers};
