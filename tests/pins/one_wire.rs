//! 1-Wire on the kernel's own driver: a DS2482 bridge by its registers, and a thermometer behind it
//! that nobody hears, or that is shorted.

use std::{fs, path::Path};

use crate::{
    agent::Site,
    i2c::{put, sensors, watchpost},
    patience::until,
};

const BRIDGE: u16 = 0x1B;
const ID: &str = "28-00000d1efbf6";

/// What the data line says, for ever: the kernel moves on one register before it reads the data.
fn line(byte: u8) {
    put(BRIDGE, 0xE2, [byte, 0]);
}

/// Datasheet DS2482-100, "Status Register": answers to the commands that the kernel gives.
fn bridge() {
    for (command, status) in [
        // Device reset: it was reset, and the line is high.
        (0xF0, 0x18),
        // 1-Wire reset: somebody is there.
        (0xB4, 0x02),
        // A search finds nobody: the thermometer is added by hand.
        (0x79, 0x60),
        // A single bit is 1: the thermometer has its own supply.
        (0x88, 0x20),
    ] {
        put(BRIDGE, command, [status, 0]);
    }
}

#[test]
fn a_thermometer_that_says_nothing_is_never_a_temperature() {
    bridge();
    line(0xFF);
    fs::write("/sys/bus/i2c/devices/i2c-0/new_device", "ds2482 0x1b").unwrap();
    let master = Path::new("/sys/bus/w1/devices/w1_bus_master1");
    until(|| master.exists().then_some(()), || "the kernel has no 1-Wire bus".into());
    fs::write(master.join("w1_master_search"), "0").unwrap();
    let site = Site::new("[[sensor]]\nname = \"boiler\"\ndriver = \"w1\"\n");
    let said = sensors(&site);
    assert!(said.contains("no thermometer on the 1-Wire bus"), "{said}");

    fs::write(master.join("w1_master_add"), ID).unwrap();
    let scanned = watchpost(&site, &["sensors", "--scan"]);
    assert!(scanned.contains("DS18B20 thermometer") && scanned.contains(ID), "{scanned}");
    // Ones, whose checksum does not fit: the kernel shows nothing.
    let said = sensors(&site);
    assert!(said.contains("the kernel's file is empty"), "{said}");
    let features = fs::read_to_string(format!("/sys/bus/w1/devices/{ID}/features")).unwrap();
    assert_eq!(features.trim(), "1", "the kernel rejects what was not measured");

    // Zeroes, whose checksum fits: the kernel says 0 °C.
    line(0);
    let said = sensors(&site);
    assert!(said.contains("held at ground"), "{said}");

    fs::write(master.join("w1_master_remove"), ID).unwrap();
    let site =
        Site::new(&format!("[[sensor]]\nname = \"boiler\"\ndriver = \"w1\"\nid = \"{ID}\"\n"));
    let said = sensors(&site);
    assert!(said.contains("is not on the 1-Wire bus: unplugged"), "{said}");
    fs::write("/sys/bus/i2c/devices/i2c-0/delete_device", "0x1b").unwrap();
}
