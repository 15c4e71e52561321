//! 1-Wire on the kernel's own driver: a DS2482 bridge by its registers, and a thermometer behind it
//! that nobody hears, or that is shorted.

use std::{fs, path::PathBuf};

use crate::{
    agent::Site,
    i2c::{put, sensors, watchpost},
    patience::until,
};

const BRIDGE: u16 = 0x1B;
const ID: &str = "28-00000d1efbf6";
const DEVICES: &str = "/sys/bus/w1/devices";

/// A 1-Wire bus as long as it lives, with a thermometer that was added by hand.
struct OneWire(PathBuf);

impl OneWire {
    /// `says`: what is on the data line, for ever.
    fn new(says: u8) -> Self {
        // Datasheet DS2482-100, "Status Register": answers to the commands that the kernel gives.
        for (command, status) in [
            // Device reset: it was reset, and the line is high.
            (0xF0, 0x18),
            // 1-Wire reset: somebody is there.
            (0xB4, 0x02),
            // A search finds nobody.
            (0x79, 0x60),
            // A single bit is 1: the thermometer has its own supply.
            (0x88, 0x20),
            // The kernel has moved on one register before it reads the data.
            (0xE2, says),
        ] {
            put(BRIDGE, command, [status, 0]);
        }
        fs::write("/sys/bus/i2c/devices/i2c-0/new_device", "ds2482 0x1b").unwrap();
        let is_master = |path: &PathBuf| path.to_string_lossy().contains("w1_bus_master");
        let paths = || fs::read_dir(DEVICES).unwrap().map(|entry| entry.unwrap().path());
        let master = until(|| paths().find(is_master), || "the kernel has no 1-Wire bus".into());
        fs::write(master.join("w1_master_search"), "0").unwrap();
        OneWire(master)
    }

    fn add(&self) {
        fs::write(self.0.join("w1_master_add"), ID).unwrap();
    }

    fn remove(&self) {
        fs::write(self.0.join("w1_master_remove"), ID).unwrap();
    }
}

impl Drop for OneWire {
    fn drop(&mut self) {
        // Whatever is left goes with the kernel.
        let _ = fs::write("/sys/bus/i2c/devices/i2c-0/delete_device", "0x1b");
    }
}

#[test]
fn a_thermometer_that_says_nothing_is_found_and_is_never_a_temperature() {
    // Ones, whose checksum does not fit: the kernel shows nothing.
    let bus = OneWire::new(0xFF);
    let site = Site::new("[[sensor]]\nname = \"boiler\"\ndriver = \"w1\"\n");
    let said = sensors(&site);
    assert!(said.contains("no thermometer on the 1-Wire bus"), "{said}");
    bus.add();
    let scanned = watchpost(&site, &["sensors", "--scan"]);
    assert!(scanned.contains("DS18B20 thermometer") && scanned.contains(ID), "{scanned}");
    let said = sensors(&site);
    assert!(said.contains("the kernel's file is empty"), "{said}");
    let features = fs::read_to_string(format!("{DEVICES}/{ID}/features")).unwrap();
    assert_eq!(features.trim(), "1", "the kernel rejects what was not measured");
    drop(bus);

    // Zeroes, whose checksum fits: the kernel says 0 °C.
    let bus = OneWire::new(0);
    bus.add();
    let said = sensors(&site);
    assert!(said.contains("held at ground"), "{said}");
    bus.remove();
    let site =
        Site::new(&format!("[[sensor]]\nname = \"boiler\"\ndriver = \"w1\"\nid = \"{ID}\"\n"));
    let said = sensors(&site);
    assert!(said.contains("is not on the 1-Wire bus: unplugged"), "{said}");
}
