//! What can be broken on purpose.

use std::time::Duration;

/// A fault of one chip or of its wires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum I2cFault {
    /// Unplugged: nobody acknowledges.
    NoAnswer,
    /// Holds the bus; the kernel gives up after this time.
    Hang(Duration),
    /// Answers rightly, but only after this time, as a chip does that stretches the clock.
    Slow(Duration),
    /// These bits of every register that is read, or of every two bytes, come out inverted.
    FlippedBits(u16),
    /// A register reads as this value, whatever the chip measures. Chips that are told commands
    /// have none.
    StuckRegister { register: u8, value: u16 },
}
