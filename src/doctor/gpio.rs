//! GPIO: chips, permissions, and who holds which line.

use super::Finding;
use crate::{
    config::{OutputDrive, Site},
    hal::{
        Lines,
        lines::{LineError, chips, line_info},
    },
};

/// Looks at the chips, and at every pin that the site file uses. May block.
pub fn examine(site: &Site, lines: &Lines) -> Vec<Finding> {
    let chips = chips();
    let mut findings = Vec::new();
    if chips.is_empty() {
        findings.push(Finding::bad(
            "this machine has no GPIO chip",
            "on a board with a header: is /dev/gpiochip0 there, and not hidden from a container?",
        ));
    }
    for (path, label) in chips {
        findings.push(match label {
            Ok(label) => Finding::good(format!("{} is {label}", path.display())),
            Err(error) => explain(&path.display().to_string(), &error),
        });
    }
    let contacts = site.sensors.iter().filter_map(|sensor| {
        let pin = sensor.options.get("pin")?.as_str()?;
        Some((sensor.name.to_string(), pin))
    });
    let relays = site.outputs.iter().filter_map(|output| match &output.drive {
        OutputDrive::Pin(pin) => Some((output.name.to_string(), pin.as_str())),
        OutputDrive::Pwm { .. } => None,
    });
    for (name, pin) in contacts.chain(relays) {
        findings.push(pin_of(&name, pin, lines));
    }
    findings
}

fn pin_of(name: &str, pin: &str, lines: &Lines) -> Finding {
    let place = match lines.place(pin) {
        Ok(place) => place,
        Err(error) => return Finding::bad(format!("{name}: {error}"), "correct the site file"),
    };
    let what = format!("{name} on {pin}");
    match line_info(&place) {
        Ok(info) => {
            let place = format!("{what}: line {} of {}", info.line, info.chip.display());
            match info.holder.as_deref() {
                None => Finding::good(format!("{place}, free")),
                Some("watchpost") => Finding::good(format!("{place}, held by watchpost")),
                Some(holder) => Finding::bad(
                    format!("{place}, held by `{holder}`"),
                    "stop that program or remove its dtoverlay from config.txt, or take another pin",
                ),
            }
        }
        Err(error) => explain(&what, &error),
    }
}

/// A line's error, split into what is wrong and what mends it.
fn explain(what: &str, error: &LineError) -> Finding {
    let message = error.to_string();
    match message.split_once(": ") {
        Some((wrong, advice)) => Finding::bad(format!("{what}: {wrong}"), advice),
        None => Finding::bad(format!("{what}: {message}"), "see the manual's page on gpio"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::hal::{Board, Hal};

    #[test]
    fn a_pin_that_the_board_does_not_have_is_found() {
        let lines = Hal::real(&Board::named("raspberry-pi-4").unwrap()).lines().clone();
        let finding = pin_of("door", "GPOI4", &lines);
        assert!(!finding.ok && finding.what.contains("did you mean `GPIO4`?"), "{finding:?}");
        let all = examine(&Site::simulated(Path::new("/tmp")), &lines);
        assert!(!all.is_empty(), "even where nothing is used, the chips are looked at");
    }
}
