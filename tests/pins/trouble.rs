//! The errors that the manual promises, word for word.

use std::{fs, os::unix::fs::PermissionsExt, os::unix::process::CommandExt, process::Command};

use gpiocdev::{Request, line::Value};

use crate::{agent::Site, bench::Chip, i2c::sensors, patience::until};

fn contact(pin: &str) -> String {
    format!("[[sensor]]\nname = \"door\"\ndriver = \"gpio\"\npin = \"{pin}\"\nevery = \"500ms\"\n")
}

#[test]
fn a_line_that_somebody_holds_says_who() {
    let chip = Chip::new("held");
    let path = gpiocdev::chip::chips().unwrap().pop().unwrap();
    let request = Request::builder()
        .on_chip(path)
        .with_consumer("doorbell")
        .with_line(4)
        .as_output(Value::Inactive)
        .request()
        .unwrap();
    let site = Site::new(&contact(&chip.pin(4)));
    let said = sensors(&site);
    assert!(said.contains("held/4 is busy: `doorbell` holds it"), "{said}");
    drop(request);
    let said = sensors(&site);
    assert!(
        said.contains("\"quality\":\"good\"") || said.contains("\"quality\": \"good\""),
        "{said}"
    );
}

#[test]
fn a_missing_chip_and_a_missing_line_say_what_is_there() {
    let chip = Chip::new("small");
    let said = sensors(&Site::new(&contact("large/4")));
    assert!(said.contains("there is no GPIO chip `large`; there is only small"), "{said}");
    let said = sensors(&Site::new(&contact(&chip.pin(54))));
    assert!(said.contains("small has no line 54: its lines are 0 to 53"), "{said}");
}

#[test]
fn a_stranger_is_told_which_group_to_join() {
    let chip = Chip::new("private");
    let site = Site::new(&format!(
        "{}[[sensor]]\nname = \"closet/temperature\"\ndriver = \"mcp9808\"\nbus = \"i2c-0\"\n",
        contact(&chip.pin(4))
    ));
    fs::set_permissions(site.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let said = Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .args(["--config", "watchpost.toml", "sensors", "--json"])
        .current_dir(site.path(""))
        .uid(65534)
        .gid(65534)
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap() + &String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("permission denied on /dev/gpiochip"), "{said}");
    assert!(said.contains("join the group gpio"), "{said}");
    assert!(said.contains("join the group i2c"), "{said}");
}

#[test]
fn a_chip_that_goes_away_is_told_and_one_that_comes_back_is_used() {
    let chip = Chip::new("usb");
    let site = Site::new(&contact(&chip.pin(4)));
    let agent = site.start();
    let door = || agent.ask(&watchpost::control::Request::Sensors)[0].to_string();
    let says = |text: &str| until(|| door().contains(text).then_some(()), door);
    says("\"fault\":null");
    chip.unplug();
    says("there is no GPIO chip `usb`");
    drop(chip);
    let _again = Chip::new("usb");
    says("\"fault\":null");
}
