//! The real binary on real kernel interfaces, in the kernel that `tests/kernel/run` boots: GPIO lines
//! that are pulled, I2C chips by their registers, files of 1-Wire, hwmon and IIO.

mod contacts;
mod doctor;
mod i2c;
mod meter;
mod one_wire;
mod outputs;
mod trouble;

#[path = "../support/agent.rs"]
#[expect(dead_code, reason = "shared with tests that ask for more")]
mod agent;
mod bench;
#[path = "../support/patience.rs"]
mod patience;
