//! I2C: buses that are missing, closed or hung, and chips that do not answer.

use std::fs;

use embedded_hal::i2c::I2c;

use super::Finding;
use crate::{
    config::Site,
    hal::{Backend, Board, Hal, I2cError},
};

/// Looks at every bus of the board, and asks every chip of the site file for one byte. May block.
pub fn examine(site: &Site, board: &Board, hal: &Hal) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        board.i2c.iter().filter_map(|(name, backend)| bus(name, backend)).collect();
    for sensor in &site.sensors {
        let address = sensor.options.get("address").and_then(toml::Value::as_integer);
        let Some(address) = address.and_then(|address| u8::try_from(address).ok()) else {
            continue;
        };
        let name = sensor.options.get("bus").and_then(toml::Value::as_str).unwrap_or("i2c-1");
        let what = format!("{} ({} at {address:#04x} on {name})", sensor.name, sensor.driver);
        findings.push(match hal.i2c(name) {
            Ok(mut bus) => chip(&what, bus.read(address, &mut [0])),
            Err(error) => Finding::bad(format!("{what}: {error}"), "correct the site file"),
        });
    }
    findings
}

/// The bus's own file; `None` for one that is simulated.
fn bus(name: &str, backend: &Backend) -> Option<Finding> {
    let path = match backend {
        Backend::Linux { device } => device.clone(),
        Backend::Rpi { number } => format!("/dev/i2c-{number}"),
        Backend::Simulated {} => return None,
    };
    let opened = fs::File::options().read(true).write(true).open(&path);
    Some(match opened {
        Ok(_) => {
            let adapter = path.trim_start_matches("/dev/");
            let adapter = fs::read_to_string(format!("/sys/class/i2c-dev/{adapter}/name"));
            let adapter = adapter.map(|name| format!(": {}", name.trim())).unwrap_or_default();
            Finding::good(format!("{name} is {path}{adapter}"))
        }
        Err(error) => chip(name, Err(I2cError::open(&path, &error))),
    })
}

fn chip(what: &str, answer: Result<(), I2cError>) -> Finding {
    let Err(error) = answer else { return Finding::good(format!("{what} answers")) };
    if error == I2cError::TimedOut {
        return Finding::bad(
            format!("{what}: the bus hangs"),
            "a chip holds SDA or SCL low: take the power off and on again (a reboot alone leaves \
             the chip as it is), then look for missing pull-up resistors and long wires",
        );
    }
    let message = error.to_string();
    match message.split_once(": ") {
        Some((wrong, advice)) => Finding::bad(format!("{what}: {wrong}"), advice),
        None => Finding::bad(format!("{what}: {message}"), "see the manual's page on I2C"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_its_advice() {
        for (error, wrong, advice) in [
            (I2cError::TimedOut, "the bus hangs", "take the power off"),
            (I2cError::NoAnswer, "no answer", "check the wiring"),
            (
                I2cError::Held,
                "a kernel driver holds the address",
                "read the chip through its files",
            ),
            (
                I2cError::Permission { path: "/dev/i2c-1".into() },
                "permission denied",
                "join the group",
            ),
            (I2cError::Missing { path: "/dev/i2c-1".into() }, "is missing", "dtparam=i2c_arm=on"),
        ] {
            let finding = chip("x", Err(error));
            assert!(finding.what.contains(wrong), "{finding:?}");
            let said = finding.advice.unwrap();
            assert!(said.contains(advice), "{said}");
        }
    }
}
