//! The keys of a `[[sensor]]` that belong to its driver, each with its place in the site file.

use std::{cell::Cell, collections::BTreeMap};

use serde::de::{DeserializeOwned, value::MapDeserializer};

use super::{
    diagnostic::Span,
    fields::fields_of,
    option_mistakes::{OptionMistake, OptionMistakes},
};

/// One key of a driver.
#[derive(Clone, Debug, PartialEq)]
pub struct DriverOption {
    pub value: toml::Value,
    /// Where the key and its value stand; empty when no file says so.
    pub key_span: Span,
    pub value_span: Span,
}

/// What a `[[sensor]]` says to its driver alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DriverOptions {
    options: BTreeMap<String, DriverOption>,
    /// Where the values of the keys stand that every sensor has, `driver` among them: a driver may
    /// have something to say about them, too.
    common: BTreeMap<String, Span>,
}

impl DriverOptions {
    pub(super) fn new(
        options: BTreeMap<String, DriverOption>,
        common: BTreeMap<String, Span>,
    ) -> Self {
        DriverOptions { options, common }
    }

    /// Where the value of a key stands, be it the driver's or one that every sensor has.
    pub fn span_of(&self, key: &str) -> Option<Span> {
        let own = self.options.get(key).map(|option| &option.value_span);
        own.or_else(|| self.common.get(key)).cloned()
    }

    /// Where a key of the driver's stands itself.
    pub fn key_span_of(&self, key: &str) -> Option<Span> {
        self.options.get(key).map(|option| option.key_span.clone())
    }

    pub fn get(&self, key: &str) -> Option<&toml::Value> {
        self.options.get(key).map(|option| &option.value)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &DriverOption)> {
        self.options.iter().map(|(key, option)| (key.as_str(), option))
    }

    /// Reads the options into the driver's own struct (`#[serde(deny_unknown_fields)]`).
    ///
    /// # Errors
    /// Every unknown key and every wrong type; what is missing once those are mended.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, OptionMistakes> {
        let known = fields_of::<T>();
        let mut mistakes = Vec::new();
        let mut left: BTreeMap<&str, &DriverOption> = self.iter().collect();
        if let Some(known) = known {
            left.retain(|key, _| {
                known.contains(key) || {
                    mistakes.push(OptionMistake::unknown(key, known));
                    false
                }
            });
        }
        loop {
            match read_map(&left) {
                Ok(driver) if mistakes.is_empty() => return Ok(driver),
                Ok(_) => break,
                Err((Some(key), error)) => {
                    left.remove(key.as_str());
                    mistakes.push(OptionMistake::wrong(&key, error.message()));
                }
                Err((None, error)) => {
                    if mistakes.is_empty() {
                        mistakes.push(OptionMistake::missing(error.message()));
                    }
                    break;
                }
            }
        }
        Err(OptionMistakes(mistakes))
    }
}

/// Deserialises, and names the key at which it went wrong.
fn read_map<T: DeserializeOwned>(
    options: &BTreeMap<&str, &DriverOption>,
) -> Result<T, (Option<String>, toml::de::Error)> {
    let current = Cell::new(None);
    let mut entries = options.iter();
    let entries = std::iter::from_fn(|| {
        let entry = entries.next();
        current.set(entry.map(|(key, _)| *key));
        entry.map(|(key, option)| (*key, option.value.clone()))
    });
    T::deserialize(MapDeserializer::new(entries))
        .map_err(|error| (current.get().map(str::to_owned), error))
}

impl<K: Into<String>, V: Into<toml::Value>> FromIterator<(K, V)> for DriverOptions {
    /// Options that stand in no file.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(options: I) -> Self {
        let place_nowhere =
            |value: V| DriverOption { value: value.into(), key_span: 0..0, value_span: 0..0 };
        DriverOptions {
            options: options.into_iter().map(|(k, v)| (k.into(), place_nowhere(v))).collect(),
            common: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Chip {
        bus: String,
        address: u8,
        #[serde(default)]
        averages: u16,
    }

    fn mistakes(options: &[(&str, toml::Value)]) -> Vec<String> {
        let options: DriverOptions = options.iter().cloned().collect();
        let found = options.read::<Chip>().expect_err("should not be read");
        found.0.into_iter().map(|each| each.message).collect()
    }

    #[test]
    fn good_options_are_read() {
        let options: DriverOptions =
            [("bus", toml::Value::from("i2c-1")), ("address", toml::Value::from(24))]
                .into_iter()
                .collect();
        let chip = Chip { bus: "i2c-1".into(), address: 24, averages: 0 };
        assert_eq!(options.read::<Chip>(), Ok(chip));
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_all_found() {
        let found = mistakes(&[
            ("adress", toml::Value::from(24)),
            ("bus", toml::Value::from(1)),
            ("averages", toml::Value::from("many")),
        ]);
        assert_eq!(
            found,
            [
                "unknown key `adress`",
                "`averages` does not suit the driver",
                "`bus` does not suit the driver",
            ]
        );
    }

    #[test]
    fn an_unknown_key_suggests_a_field_of_the_driver() {
        let options: DriverOptions = [("adress", 24)].into_iter().collect();
        let found = options.read::<Chip>().expect_err("should not be read");
        assert_eq!(found.0[0].help.as_deref(), Some("did you mean `address`?"));
    }

    #[test]
    fn an_unknown_key_may_also_be_meant_for_every_sensor() {
        let options: DriverOptions = [("evry", "10s")].into_iter().collect();
        let found = options.read::<Chip>().expect_err("should not be read");
        assert_eq!(found.0[0].help.as_deref(), Some("did you mean `every`?"));
    }

    #[test]
    fn a_missing_option_is_named() {
        let found = mistakes(&[("address", toml::Value::from(24))]);
        assert_eq!(found, ["the driver lacks something: missing field `bus`"]);
    }
}
