//! Chips by their registers, and what the kernel's own drivers make of them.

use std::{fs, path::Path, process::Command};

use linux_embedded_hal::i2cdev::{core::I2CDevice, linux::LinuxI2CDevice};

use crate::agent::Site;

const BUS: &str = "/dev/i2c-0";

/// A register's two bytes, in the order in which the chip sends them.
pub fn put(address: u16, register: u8, bytes: [u8; 2]) {
    let mut chip = LinuxI2CDevice::new(BUS, address).expect("i2c-stub in the kernel");
    chip.smbus_write_word_data(register, u16::from_le_bytes(bytes)).unwrap();
}

/// What a verb prints.
pub fn watchpost(site: &Site, verb: &[&str]) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .args(["--config", "watchpost.toml"])
        .args(verb)
        .current_dir(site.path(""))
        .output()
        .unwrap();
    String::from_utf8([said.stdout, said.stderr].concat()).unwrap()
}

/// What `watchpost sensors` prints.
pub fn sensors(site: &Site) -> String {
    watchpost(site, &["sensors", "--json"])
}

fn mcp9808(address: u8) -> String {
    format!(
        "[[sensor]]\nname = \"closet/at-{address:x}\"\ndriver = \"mcp9808\"\nbus = \"i2c-0\"\n\
         address = {address}\n"
    )
}

#[test]
fn registers_become_temperatures() {
    // Datasheet DS25095: identity in 6 and 7, 23.5 °C in 5.
    put(0x18, 6, [0x00, 0x54]);
    put(0x18, 7, [0x04, 0x00]);
    put(0x18, 5, [0xC1, 0x78]);
    let said = sensors(&Site::new(&mcp9808(0x18)));
    assert!(said.contains("23.5"), "{said}");

    let said = sensors(&Site::new(&mcp9808(0x19)));
    assert!(said.contains("no answer: check the wiring"), "{said}");
}

#[test]
fn the_kernels_thermometer_is_read_by_its_file_and_keeps_its_address() {
    put(0x48, 0, [0x17, 0x80]);
    fs::write("/sys/bus/i2c/devices/i2c-0/new_device", "lm75 0x48").unwrap();
    let folder = Path::new("/sys/bus/i2c/devices/0-0048/hwmon");
    let hwmon = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let site = Site::new(&format!(
        "[[sensor]]\nname = \"rack/temperature\"\ndriver = \"file\"\npath = '{}'\nscale = 0.001\n",
        hwmon.join("temp1_input").display()
    ));
    let said = sensors(&site);
    assert!(said.contains("23.5"), "{said}");

    fs::write("/sys/bus/i2c/devices/i2c-0/delete_device", "0x48").unwrap();
    let said = sensors(&site);
    assert!(said.contains("its kernel module is not loaded"), "{said}");
}

#[test]
fn an_industrial_device_is_read_by_its_file() {
    fs::create_dir("/sys/kernel/config/iio/devices/dummy/closet").expect("iio_dummy in the kernel");
    let site = Site::new(
        "[[sensor]]\nname = \"battery/voltage\"\ndriver = \"file\"\nscale = 0.001\n\
         path = \"/sys/bus/iio/devices/iio:device0/in_voltage0_raw\"\n",
    );
    // The dummy says 73.
    let said = sensors(&site);
    assert!(said.contains("0.073"), "{said}");
}
