//! The hardware: buses and files behind one face, real ones and simulated ones.
//!
//! Drivers see a [`Hal`] and nothing below it, so the same driver code runs on a Pi, on any other
//! Linux board, and on the register-level simulation.

mod any_i2c;
mod board;
mod board_error;
mod delay;
mod files;
mod hardware;
mod i2c_error;
pub mod lines;
mod linux;
mod recognise;
mod rpi;
mod shared;
pub mod simulated;
mod smbus;

pub use any_i2c::AnyI2c;
pub use board::{Backend, Board, ChipModel, ChipProfile};
pub use board_error::BoardError;
pub use delay::Delay;
pub use files::Files;
pub use hardware::{Hal, HalError, SecretLookup};
pub use i2c_error::I2cError;
pub use lines::Lines;
pub use recognise::DeviceTree;
