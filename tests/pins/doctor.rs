//! What `watchpost doctor` and `sensors --scan` say of real buses and lines.

use std::{fs, os::unix::fs::PermissionsExt, os::unix::process::CommandExt, process::Command};

use gpiocdev::{Request, line::Value};

use crate::{
    agent::Site,
    bench::Chip,
    i2c::{put, watchpost},
};

const CHIP: &str =
    "[[sensor]]\nname = \"closet/temperature\"\ndriver = \"mcp9808\"\nbus = \"i2c-0\"\n";

#[test]
fn chips_that_answer_those_that_do_not_and_those_that_the_kernel_holds() {
    put(0x18, 6, [0x00, 0x54]);
    put(0x18, 7, [0x04, 0x00]);
    let site = Site::new(&format!(
        "{CHIP}address = 0x18\n{}address = 0x19\n{}address = 0x1A\n",
        CHIP.replace("closet", "attic"),
        CHIP.replace("closet", "held")
    ));
    fs::write("/sys/bus/i2c/devices/i2c-0/new_device", "dummy 0x1a").unwrap();
    let said = watchpost(&site, &["doctor", "i2c"]);
    let scanned = watchpost(&site, &["sensors", "--scan"]);
    fs::write("/sys/bus/i2c/devices/i2c-0/delete_device", "0x1a").unwrap();
    for part in [
        "i2c-0 is /dev/i2c-0: SMBus stub driver",
        "closet/temperature (mcp9808 at 0x18 on i2c-0) answers",
        "attic/temperature (mcp9808 at 0x19 on i2c-0): no answer",
        "check the wiring, the power and the address",
        "held/temperature (mcp9808 at 0x1a on i2c-0): a kernel driver holds the address",
        "read the chip through its files, or unload it",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    for part in ["# i2c-0 0x18: MCP9808 thermometer", "address = 0x18", "# i2c-0 0x1a: a kernel"] {
        assert!(scanned.contains(part), "{part}:\n{scanned}");
    }
}

#[test]
fn a_bus_that_is_not_switched_on() {
    let site = Site::new(&CHIP.replace("i2c-0", "i2c-1"));
    let text = fs::read_to_string(site.path("watchpost.toml")).unwrap();
    site.write("watchpost.toml", &text.replace("generic-linux", "raspberry-pi-4"));
    for verb in [&["doctor", "i2c"][..], &["sensors", "--scan"]] {
        let said = watchpost(&site, verb);
        assert!(said.contains("/dev/i2c-1 is missing"), "{said}");
        assert!(said.contains("`dtparam=i2c_arm=on`) and reboot"), "{said}");
    }
}

#[test]
fn a_stranger_is_told_which_groups_to_join() {
    let _chip = Chip::new("closed");
    let site = Site::new(CHIP);
    fs::set_permissions(site.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    for (verb, path, group) in [
        (&["doctor", "i2c"][..], "/dev/i2c-0", "group i2c"),
        (&["doctor", "gpio"], "/dev/gpiochip", "group gpio"),
        (&["sensors", "--scan"], "/dev/i2c-0", "group i2c"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchpost"));
        command.args(["--config", "watchpost.toml"]).args(verb).current_dir(site.path(""));
        let said = command.uid(65534).gid(65534).output().unwrap();
        assert_eq!(said.status.code(), Some(1), "{verb:?}");
        let said = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
        assert!(said.contains(&format!("permission denied on {path}")), "{said}");
        assert!(said.contains(group), "{said}");
    }
}

#[test]
fn a_busy_line_and_a_missing_one() {
    let chip = Chip::new("header");
    let path = gpiocdev::chip::chips().unwrap().pop().unwrap();
    let mut builder = Request::builder();
    builder.on_chip(path).with_consumer("doorbell").with_line(4).as_output(Value::Inactive);
    let _held = builder.request().unwrap();
    let contact = |name: &str, line: u32| {
        format!("[[sensor]]\nname = \"{name}\"\ndriver = \"gpio\"\npin = \"{}\"\n", chip.pin(line))
    };
    let site = Site::new(&[contact("door", 4), contact("bell", 5), contact("no", 54)].concat());
    let said = watchpost(&site, &["doctor", "gpio"]);
    for part in [
        "held by `doorbell`",
        "stop that program or remove its dtoverlay from config.txt, or take another pin",
        "bell on header/5: line 5 of /dev/gpiochip0, free",
        "no on header/54: header has no line 54",
        "its lines are 0 to 53",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
}
