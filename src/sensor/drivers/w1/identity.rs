//! The name that the kernel gives a 1-Wire thermometer, and what it tells.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// `28-00000d1efbf6`: family code, serial number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(in crate::sensor) struct Identity(String);

/// The families that the kernel reads temperatures from, with the part's name.
const FAMILIES: [(&str, &str); 5] =
    [("10", "DS18S20"), ("22", "DS1822"), ("28", "DS18B20"), ("3b", "DS1825"), ("42", "DS28EA00")];

impl FromStr for Identity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let id = text.to_ascii_lowercase();
        let parts = id.split_once('-');
        let is_one = parts.is_some_and(|(family, serial)| {
            FAMILIES.iter().any(|(code, _)| *code == family)
                && serial.len() == 12
                && serial.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        if is_one {
            return Ok(Identity(id));
        }
        Err(format!("`{text}` is no thermometer's id, which looks like 28-00000d1efbf6"))
    }
}

impl TryFrom<String> for Identity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Identity {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `DS18B20`.
    pub fn part(&self) -> &'static str {
        let family = FAMILIES.iter().find(|(code, _)| self.0.starts_with(code));
        family.map_or("1-Wire thermometer", |(_, part)| part)
    }

    /// Every DS18B20 that its maker was seen to sell has a serial number with two zero bytes at
    /// its upper end; copies were seen with other ones. The maker promises nothing about it.
    /// Source: the measurements in <https://github.com/cpetrich/counterfeit_DS18B20>.
    pub fn may_be_a_clone(&self) -> bool {
        self.part() == "DS18B20" && !self.0.starts_with("28-0000")
    }

    /// What may be said to the owner of a clone that fails.
    pub fn clone_hint(&self) -> &'static str {
        " (its serial number is not one of the maker's: some copies fail without a third wire or \
         above 80 °C)"
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
