//! `[[sensor]]`: the keys that every sensor has; the rest is its driver's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use toml::{Spanned, de::DeValue};

use super::{Reader, names::check_sensor_name};
use crate::config::{
    DriverOption, DriverOptions, SensorSettings, diagnostic::Span, field::Field, section::Section,
};

const EVERY: Duration = Duration::from_secs(10);
/// A reading may miss so many turns before it is stale, if that is not less than this.
const MISSED_TURNS: u32 = 6;
const SHORTEST_MAX_AGE: Duration = Duration::from_secs(60);

impl Reader<'_> {
    pub(super) fn sensors(&self, root: &Section<'_>) -> Vec<SensorSettings> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut sensors = Vec::new();
        for section in root.repeated_sections("sensor") {
            if let Some(field) = section.required("name", "name = \"closet/temperature\"")
                && let Some(name) = field.text()
                && check_sensor_name(self.mistakes, name, field.span())
            {
                if !names.insert(name) {
                    field.wrong(
                        format!("two sensors are named `{name}`"),
                        "the second one",
                        "give each sensor a name of its own".to_owned(),
                    );
                }
                sensors.extend(self.sensor(name, &section));
            } else {
                // Without a name it is no sensor, but its other mistakes are still worth telling.
                self.sensor("unnamed", &section);
            }
        }
        sensors
    }

    fn sensor(&self, name: &str, section: &Section<'_>) -> Option<SensorSettings> {
        let driver = section.required("driver", "driver = \"mcp9808\"");
        let driver = driver.and_then(|field| field.text());
        let every = section.field("every").and_then(|field| field.duration()).unwrap_or(EVERY);
        let max_age_field = section.field("max_age");
        let max_age = max_age_field.as_ref().and_then(Field::duration);
        if let (Some(field), Some(max_age)) = (&max_age_field, max_age)
            && max_age < every
        {
            self.mistakes.warning(
                field.span(),
                format!("`{name}` is stale before it is read again"),
                "shorter than `every`",
                "make `max_age` a few times `every`".to_owned(),
            );
        }
        let range = section.field("range").and_then(|field| field.range());
        let smooth = self.smooth(section);
        let scale = self.multiply(section);
        let offset = section.field("offset").and_then(|field| field.number()).unwrap_or(0.0);
        let filters = self.filters(section);
        if let Some(heartbeat) = filters.heartbeat
            && heartbeat < every
            && let Some(field) = section.field("heartbeat")
        {
            self.mistakes.warning(
                field.span(),
                format!("`{name}` is read more rarely than its heartbeat"),
                "shorter than `every`",
                "make `heartbeat` a few times `every`, or leave it out".to_owned(),
            );
        }
        let unit = section.field("unit").and_then(|field| field.text()).map(str::to_owned);
        let options = self.driver_options(section);
        Some(SensorSettings {
            name: Arc::from(name),
            driver: driver?.to_owned(),
            every,
            max_age: max_age.unwrap_or_else(|| SHORTEST_MAX_AGE.max(every * MISSED_TURNS)),
            range,
            smooth,
            scale,
            offset,
            filters,
            unit,
            options,
        })
    }

    /// Comes after all other keys have been asked for.
    fn driver_options(&self, section: &Section<'_>) -> DriverOptions {
        let mut options = BTreeMap::new();
        for (key, value) in section.rest() {
            let key_text = key.get_ref().as_ref();
            match plain(value) {
                Ok(plain) => {
                    let (key_span, value_span) = (key.span(), value.span());
                    let option = DriverOption { value: plain, key_span, value_span };
                    options.insert(key_text.to_owned(), option);
                }
                Err(span) => self.mistakes.error(
                    span,
                    format!("a number of `{key_text}` is too large"),
                    "does not fit into 64 bits",
                    None,
                ),
            }
        }
        DriverOptions::new(options, section.known_places())
    }
}

/// The value without its places, or the place of a number that is too large.
fn plain(value: &Spanned<DeValue<'_>>) -> Result<toml::Value, Span> {
    let too_large = |_| value.span();
    Ok(match value.get_ref() {
        DeValue::String(text) => toml::Value::String(text.as_ref().to_owned()),
        DeValue::Integer(digits) => toml::Value::Integer(
            i64::from_str_radix(digits.as_str(), digits.radix()).map_err(too_large)?,
        ),
        DeValue::Float(digits) => {
            toml::Value::Float(digits.as_str().parse().map_err(|_| value.span())?)
        }
        DeValue::Boolean(on) => toml::Value::Boolean(*on),
        DeValue::Datetime(date) => toml::Value::Datetime(*date),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(plain).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, value)| Ok((key.get_ref().as_ref().to_owned(), plain(value)?)))
                .collect::<Result<_, Span>>()?,
        ),
    })
}
