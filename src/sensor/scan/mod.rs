//! Finds what is plugged in, with the lines to paste into the site file.

mod chips;
mod files;
mod i2c;

use serde::Serialize;

use crate::hal::Hal;

/// What a scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scan {
    pub found: Vec<Found>,
    /// What could not be scanned, and how to mend it.
    pub problems: Vec<String>,
}

/// A device, known or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Where: `i2c-1 0x18`, or a file's path.
    pub place: String,
    /// What: `MCP9808 thermometer`.
    pub title: String,
    /// The `[[sensor]]` to paste; `None` when no driver fits.
    pub lines: Option<String>,
}

/// Looks at every bus of the board and at what the kernel itself has found. Blocks: up to some seconds
/// for a slow bus.
pub fn scan(hal: &Hal) -> Scan {
    let mut scan = Scan::default();
    for (name, bus) in hal.i2c_buses() {
        i2c::scan(name, bus, &mut scan);
    }
    files::scan(hal.files(), &mut scan);
    scan
}
