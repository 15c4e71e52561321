//! Which line of which chip a pin is.

use std::{collections::BTreeMap, fmt};

use serde::Deserialize;

use crate::suggest::nearest;

/// Pins of one GPIO chip, in a board's profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pins {
    /// The chip's label, as `gpiodetect` shows it in brackets. Numbers such as `gpiochip0` differ
    /// between kernels.
    pub chip: String,
    /// Pins that are called by the number of their line.
    pub numbered: Option<Numbered>,
    /// Other pins: name and line.
    #[serde(default)]
    pub named: BTreeMap<String, u32>,
}

/// `GPIO2` to `GPIO27` are the lines 2 to 27.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    pub prefix: String,
    pub first: u32,
    pub last: u32,
}

/// Where a line is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinePlace {
    /// By the chip's label or name, and the line's number.
    On { chip: String, line: u32 },
    /// By the name that the kernel gives the line.
    Named(String),
}

impl fmt::Display for LinePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinePlace::On { chip, line } => write!(f, "{chip}/{line}"),
            LinePlace::Named(name) => f.write_str(name),
        }
    }
}

/// A pin that cannot be had, as the site file names it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    #[error("the board has no pin `{pin}`{}; {}", hint(.suggestion), ways(.known))]
    Unknown { pin: String, suggestion: Option<String>, known: String },
    #[error(
        "`{pin}` is used with another `pull`, `active_low`, `debounce` or for other edges: sensors \
         that share a pin must agree on these"
    )]
    Differs { pin: String },
    #[error("`{0}` is no PWM channel; write it like \"pwmchip0/1\" (`ls /sys/class/pwm`)")]
    NoChannel(String),
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

fn ways(known: &str) -> String {
    match known {
        "" => "name a line as \"gpiochip0/17\" (`gpioinfo` lists them)".to_owned(),
        known => format!("it has {known}, and any line as \"gpiochip0/17\""),
    }
}

impl Numbered {
    fn line(&self, pin: &str) -> Option<u32> {
        let line: u32 = pin.strip_prefix(self.prefix.as_str())?.parse().ok()?;
        // `GPIO017` is a slip, not a pin.
        let is_plain = pin == format!("{}{line}", self.prefix);
        (is_plain && (self.first..=self.last).contains(&line)).then_some(line)
    }

    fn names(&self) -> impl Iterator<Item = String> + '_ {
        (self.first..=self.last).map(|line| format!("{}{line}", self.prefix))
    }
}

/// Finds a pin by the profile's name for it, else as `CHIP/LINE`, else (on a board whose profile
/// names none) by the kernel's name for the line.
pub(super) fn find(pins: &[Pins], pin: &str) -> Result<LinePlace, PinError> {
    for group in pins {
        let numbered = group.numbered.as_ref().and_then(|numbered| numbered.line(pin));
        if let Some(line) = numbered.or_else(|| group.named.get(pin).copied()) {
            return Ok(LinePlace::On { chip: group.chip.clone(), line });
        }
    }
    if let Some((chip, line)) = pin.rsplit_once('/')
        && !chip.is_empty()
        && let Ok(line) = line.parse()
    {
        return Ok(LinePlace::On { chip: chip.to_owned(), line });
    }
    if pins.is_empty() && !pin.is_empty() && !pin.contains('/') {
        return Ok(LinePlace::Named(pin.to_owned()));
    }
    let names: Vec<String> = pins
        .iter()
        .flat_map(|group| {
            let numbered = group.numbered.iter().flat_map(Numbered::names);
            numbered.chain(group.named.keys().cloned())
        })
        .collect();
    let known = match (names.first(), names.last()) {
        (Some(first), Some(last)) if names.len() > 1 => format!("{first} to {last}"),
        (Some(only), _) => only.clone(),
        _ => String::new(),
    };
    let suggestion = nearest(pin, names.iter().map(String::as_str)).map(str::to_owned);
    Err(PinError::Unknown { pin: pin.to_owned(), suggestion, known })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pi() -> Vec<Pins> {
        let numbered = Numbered { prefix: "GPIO".into(), first: 2, last: 27 };
        vec![Pins {
            chip: "pinctrl-bcm2711".into(),
            numbered: Some(numbered),
            named: [("ACT".to_owned(), 42)].into(),
        }]
    }

    #[test]
    fn pins_are_found_by_every_way_to_name_them() {
        let on = |chip: &str, line| Ok(LinePlace::On { chip: chip.into(), line });
        assert_eq!(find(&pi(), "GPIO17"), on("pinctrl-bcm2711", 17));
        assert_eq!(find(&pi(), "ACT"), on("pinctrl-bcm2711", 42));
        assert_eq!(find(&pi(), "gpiochip1/3"), on("gpiochip1", 3));
        assert_eq!(find(&[], "LED_RED"), Ok(LinePlace::Named("LED_RED".into())));
    }

    #[test]
    fn a_mistyped_pin_is_told_with_what_would_be_right() {
        for wrong in ["GPIO28", "GPIO017", "GPOI17", "/17", "gpiochip0/x", ""] {
            assert!(matches!(find(&pi(), wrong), Err(PinError::Unknown { .. })), "{wrong}");
        }
        let error = find(&pi(), "GPOI17").unwrap_err().to_string();
        assert!(error.contains("did you mean `GPIO17`?"), "{error}");
    }
}
