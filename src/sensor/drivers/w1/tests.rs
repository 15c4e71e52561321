use std::fs;

use proptest::prelude::*;

use super::*;
use crate::{hal::Board, sensor::drivers::testing::driver};

/// A kernel's files in a folder of their own.
struct Bus(tempfile::TempDir);

impl Bus {
    fn new() -> Self {
        let bus = Bus(tempfile::tempdir().unwrap());
        fs::create_dir_all(bus.path("w1_bus_master1")).unwrap();
        bus
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join("sys/bus/w1/devices").join(name)
    }

    fn says(self, id: &str, text: &str) -> Self {
        fs::create_dir_all(self.path(id)).unwrap();
        fs::write(self.path(id).join("w1_slave"), text).unwrap();
        self
    }

    fn read(&self, options: &str) -> Result<f64, ReadError> {
        let board = Board::named("generic-linux").unwrap();
        let hal = Hal::real(&board).with_root(self.0.path());
        driver(&hal, "w1", options).unwrap().read().map(Value::as_f64)
    }

    fn error(&self) -> String {
        self.read("").unwrap_err().to_string()
    }
}

fn line(memory: &str, verdict: &str, millidegrees: i32) -> String {
    let checksum = &memory[24..];
    format!("{memory} : crc={checksum} {verdict}\n{memory} t={millidegrees}\n")
}

const GENUINE: &str = "28-00000d1efbf6";

/// Recorded from genuine chips and a copy (github.com/cpetrich/counterfeit_DS18B20, issues 22 and
/// 40); the table of the datasheet gives the rest.
#[test]
fn real_readings() {
    for (memory, millidegrees) in [
        ("f4 00 4b 46 7f ff 0c 10 fa", 15_250),
        ("f3 00 4b 46 7f ff 0d 10 ee", 15_187),
        ("90 ff 4b 46 7f ff 10 10 1c", -7_000),
        ("d0 07 4b 46 7f ff 10 10 1c", 125_000),
        ("90 fc 4b 46 7f ff 10 10 1c", -55_000),
        // Really 85 °C: the sixth byte tells.
        ("50 05 4b 46 7f ff 10 10 1c", 85_000),
    ] {
        let bus = Bus::new().says(GENUINE, &line(memory, "YES", millidegrees));
        assert_eq!(bus.read(""), Ok(f64::from(millidegrees) / 1000.0), "{memory}");
    }
}

#[test]
fn what_has_not_been_measured_is_told_apart() {
    for (memory, verdict, millidegrees, part) in [
        ("50 05 4b 46 7f ff 0c 10 1c", "YES", 85_000, "as after power-on"),
        ("ff 07 4b 46 7f ff 0c 10 21", "YES", 127_937, "too little power"),
        ("ff ff ff ff ff ff ff ff ff", "NO", -62, "unplugged"),
        ("00 00 00 00 00 00 00 00 00", "YES", 0, "at ground"),
        ("f4 00 4b 46 7f ff 0c 10 00", "NO", 15_250, "an old value"),
        ("10 f8 4b 46 7f ff 10 10 1c", "YES", -127_000, "cannot measure"),
    ] {
        let bus = Bus::new().says(GENUINE, &line(memory, verdict, millidegrees));
        let error = bus.read("").unwrap_err();
        assert!(error.is_transient() && error.to_string().contains(part), "{error}");
    }
    assert!(Bus::new().says(GENUINE, "").error().contains("is empty"));
    assert!(Bus::new().says(GENUINE, "15250\n").error().contains("not what `w1_slave`"));
}

#[test]
fn finds_the_only_one_and_asks_when_there_are_two() {
    let warm = line("f4 00 4b 46 7f ff 0c 10 fa", "YES", 15_250);
    assert!(Bus::new().error().contains("pull-up of 4.7 kΩ"));
    let two = Bus::new().says(GENUINE, &warm).says("28-0b2357b2fae4", &warm);
    assert!(two.error().contains("id = \"28-00000d1efbf6\""), "{}", two.error());
    assert_eq!(two.read("id = '28-0B2357B2FAE4'"), Ok(15.25));
    let gone = two.read("id = '28-00000d1efed4'").unwrap_err();
    assert!(!gone.is_transient() && gone.to_string().contains("unplugged"), "{gone}");
    let bare = Bus(tempfile::tempdir().unwrap());
    assert!(bare.error().contains("dtoverlay=w1-gpio"));
}

#[test]
fn a_copy_is_known_by_its_serial_number() {
    let clone: Identity = "28-0b2357b2fae4".parse().unwrap();
    let genuine: Identity = GENUINE.parse().unwrap();
    assert!(clone.may_be_a_clone() && !genuine.may_be_a_clone());
    let lost = line("50 05 4b 46 7f ff 0c 10 1c", "YES", 85_000);
    assert!(Bus::new().says(clone.as_str(), &lost).error().contains("some copies"));
    for wrong in ["28-", "28-00000d1efbf", "00-400000000000", "w1_bus_master1", "28-00000d1efbfg"] {
        assert!(wrong.parse::<Identity>().is_err(), "{wrong}");
    }
}

#[test]
fn sets_the_kernels_rejection_bit_and_keeps_the_others() {
    let warm = line("f4 00 4b 46 7f ff 0c 10 fa", "YES", 15_250);
    let bus = Bus::new().says(GENUINE, &warm);
    let features = bus.path(GENUINE).join("features");
    fs::write(&features, "2\n").unwrap();
    assert_eq!(bus.read(""), Ok(15.25));
    assert_eq!(fs::read_to_string(&features).unwrap(), "3\n");
}

proptest! {
    #[test]
    fn no_file_content_panics(text in "\\PC*", bytes: [u8; 9], verdict in "YES|NO|", t: i32) {
        let memory: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let memory = memory.join(" ");
        for text in [text, format!("{memory} : crc=00 {verdict}\n{memory} t={t}\n")] {
            if let Ok(celsius) = Sample::parse(&text).and_then(|sample| sample.celsius()) {
                prop_assert!((-55.0..=125.0).contains(&celsius));
            }
        }
    }
}
