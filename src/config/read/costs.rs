//! `[cost.NAME]`: what an hour costs.

use std::{sync::Arc, time::Duration};

use super::{
    Reader,
    aws::AwsDefaults,
    ec2::positive,
    names::check_name,
    web_address::{is_loopback, web_address},
};
use crate::{
    config::{
        SensorSettings,
        field::{Field, number},
        section::Section,
    },
    cost::{CostSettings, CostSource, Hours},
    host::ec2::prices::SpotQuestion,
    suggest::{did_you_mean, did_you_mean_or_all},
};

const KINDS: [&str; 5] = ["ec2-spot", "tariff", "tariff-hours", "sensor", "http"];
const EVERY: Duration = Duration::from_secs(5 * 60);
const MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// Asked so often, nobody answers for long.
const SHORTEST: Duration = Duration::from_secs(1);
const PRODUCT: &str = "Linux/UNIX";

impl Reader<'_> {
    pub(super) fn costs(
        &self,
        root: &Section<'_>,
        aws: &AwsDefaults,
        sensors: &[SensorSettings],
        has_peers: bool,
    ) -> Vec<CostSettings> {
        let mut costs = Vec::new();
        for (name, span, section) in root.named_sections("cost") {
            let well_named = check_name(self.mistakes, "a cost", name, span);
            let kind = section.required("kind", "kind = \"tariff\"");
            let watts = section.field("watts").and_then(|field| positive(&field));
            let scale = section.field("scale").and_then(|field| positive(&field));
            let every = section.field("every").and_then(|field| {
                let every = field.duration()?;
                if every < SHORTEST {
                    field.wrong("this is too often", "less than 1 s", None);
                }
                Some(every)
            });
            let max_age = section.field("max_age").and_then(|field| field.duration());
            let every = every.unwrap_or(EVERY);
            let kind = kind.and_then(|field| kind_of(&field));
            let known = |sensor: &str| {
                let is_there = sensors.iter().any(|each| *each.name == *sensor);
                is_there || (has_peers && sensor.contains('/'))
            };
            let suggest =
                |sensor: &str| did_you_mean(sensor, sensors.iter().map(|sensor| &*sensor.name));
            let source = match kind {
                Some("ec2-spot") => self.spot(&section, aws),
                Some("tariff") => {
                    let price = section.required("price", "price = 0.32");
                    price.and_then(|field| field.number()).map(CostSource::Tariff)
                }
                Some("tariff-hours") => self.hours(&section),
                Some("sensor") => self.measured(&section, watts, &known, &suggest),
                Some("http") => self.http_cost(&section),
                // Its other keys mean whatever its kind says.
                _ => continue,
            };
            section.finish();
            if let (Some(source), true) = (source, well_named) {
                costs.push(CostSettings {
                    name: Arc::from(name),
                    source,
                    watts,
                    scale: scale.unwrap_or(1.0),
                    every,
                    max_age: max_age.unwrap_or_else(|| MAX_AGE.max(every * 3)),
                });
            }
        }
        costs
    }

    fn spot(&self, section: &Section<'_>, aws: &AwsDefaults) -> Option<CostSource> {
        let account = self.account(section, aws);
        let list = |key| {
            let texts = section.field(key).and_then(|field: Field<'_>| field.texts());
            let texts = texts.unwrap_or_default().into_iter();
            texts.map(|text| (*text.get_ref()).to_owned()).collect::<Vec<_>>()
        };
        let mut types = list("instance_types");
        match section.field("instance_type") {
            Some(field) => types.extend(field.text().map(str::to_owned)),
            None if types.is_empty() => {
                section.required("instance_type", "instance_type = \"t4g.nano\"");
            }
            None => {}
        }
        let zones = list("zones");
        let product = section.field("product").and_then(|field| field.text()).unwrap_or(PRODUCT);
        let over = section.field("over").and_then(|field| field.duration());
        let account = account?;
        let region = &account.region.name;
        for zone in zones.iter().filter(|zone| !zone.starts_with(region.as_str())) {
            self.mistakes.error(
                section.span.clone(),
                format!("the zone {zone} is not in the region {region}"),
                "another region's",
                format!("zones are called like {region}a"),
            );
        }
        if types.is_empty() {
            return None;
        }
        let product = product.to_owned();
        Some(CostSource::Ec2Spot {
            account,
            question: SpotQuestion { types, zones, product, over },
        })
    }

    fn hours(&self, section: &Section<'_>) -> Option<CostSource> {
        let file = section.field("csv");
        let Some(field) = section.field("hours") else {
            if file.is_none() {
                section.required("hours", "hours = { \"07:00\" = 0.34, \"22:00\" = 0.26 }");
            }
            return self.path(file).map(CostSource::File);
        };
        if let Some(file) = file {
            self.mistakes.error(
                file.key_span.clone(),
                "`csv` and `hours` exclude each other".to_owned(),
                "the second one",
                "leave one of them out".to_owned(),
            );
        }
        let Some(table) = field.value.get_ref().as_table() else {
            field.wrong_type("a table", "hours = { \"07:00\" = 0.34, \"22:00\" = 0.26 }");
            return None;
        };
        let mut rows = Vec::new();
        for (time, price) in table.iter() {
            let Some(price) = number(price.get_ref()) else {
                field.wrong("a price is a number", "not all of them are numbers", None);
                return None;
            };
            rows.push((time.get_ref().as_ref(), price));
        }
        match Hours::of_table(rows) {
            Ok(hours) => Some(CostSource::Hours(hours)),
            Err(error) => {
                field.wrong(error.to_string(), "not a tariff", None);
                None
            }
        }
    }

    fn measured(
        &self,
        section: &Section<'_>,
        watts: Option<f64>,
        is_known: &dyn Fn(&str) -> bool,
        suggest: &dyn Fn(&str) -> Option<String>,
    ) -> Option<CostSource> {
        let field = section.required("sensor", "sensor = \"solar/surplus\"");
        let price = section.field("price");
        let field = field?;
        let sensor = field.text()?;
        if !is_known(sensor) {
            let message = format!("no sensor is called \"{sensor}\"");
            field.wrong(message, "not in this file", suggest(sensor));
            return None;
        }
        let Some(price) = price else { return Some(CostSource::Sensor(sensor.into())) };
        if watts.is_none() && section.field("watts").is_none() {
            self.mistakes.error(
                price.key_span.clone(),
                "with `price` the sensor says how many watts are free".to_owned(),
                "of how many?",
                "add `watts`, what the machines draw: watts = 120".to_owned(),
            );
            return None;
        }
        Some(CostSource::Surplus { sensor: sensor.into(), price: price.number()? })
    }

    fn http_cost(&self, section: &Section<'_>) -> Option<CostSource> {
        let field = section.required("url", "url = \"https://api.example.org/price\"");
        let pointer = section.required("pointer", "pointer = \"/data/0/price\"");
        let token = section.field("token");
        let field = field?;
        let url = web_address(&field, &["https", "http"], "https://api.example.org/price")?;
        if token.is_some() && url.scheme() == "http" && !is_loopback(&url) {
            field.wrong(
                "the token would cross the network for all to read",
                "not encrypted",
                "begin with https://".to_owned(),
            );
        }
        let pointer = pointer?;
        // Empty means the whole answer.
        let text = pointer.value.get_ref().as_str().unwrap_or_default();
        if !text.is_empty() && !text.starts_with('/') {
            let help = format!("pointer = \"/{text}\"");
            pointer.wrong("a JSON pointer begins with a slash", "not a pointer", help);
            return None;
        }
        let token = token.and_then(|field| field.secret());
        Some(CostSource::Http { url: url.to_string(), pointer: text.to_owned(), token })
    }
}

fn kind_of(field: &Field<'_>) -> Option<&'static str> {
    let word = field.text()?;
    let kind = KINDS.into_iter().find(|kind| *kind == word);
    if kind.is_none() {
        let help = did_you_mean_or_all(word, &KINDS);
        field.wrong(format!("there is no kind of cost `{word}`"), "not known", help);
    }
    kind
}
