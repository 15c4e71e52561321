//! All costs of a site: where scripts, and moves of machines, ask for a price.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use super::{CostError, CostSettings, CostSource, Hours, Price};
use crate::{
    clock::{Clock, Zone},
    sensor::{SensorTable, Value},
    suggest::did_you_mean,
};

const W_PER_KW: f64 = 1_000.0;

/// Clones share what is known.
#[derive(Clone)]
pub struct CostTable {
    costs: Arc<IndexMap<Arc<str>, CostSettings>>,
    sensors: SensorTable,
    clock: Clock,
    timezone: Zone,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    fetched: BTreeMap<Arc<str>, Fetched>,
    /// What a test says.
    given: BTreeMap<Arc<str>, f64>,
}

/// What was heard of a source that is asked now and then.
#[derive(Default)]
struct Fetched {
    last: Option<(f64, DateTime<Utc>, String)>,
    hours: Option<Hours>,
    trouble: Option<String>,
}

impl CostTable {
    pub fn new(costs: &[CostSettings], sensors: SensorTable, clock: Clock, timezone: Zone) -> Self {
        let costs = costs.iter().map(|cost| (cost.name.clone(), cost.clone())).collect();
        let table =
            CostTable { costs: Arc::new(costs), sensors, clock, timezone, known: Arc::default() };
        table.read_files();
        table
    }

    /// Of a site without costs.
    pub fn nothing(clock: Clock) -> Self {
        CostTable::new(&[], SensorTable::new(&[], clock.clone()), clock, Zone::UTC)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whole after every statement.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn all(&self) -> impl Iterator<Item = &CostSettings> {
        self.costs.values()
    }

    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.costs.keys()
    }

    /// The price of an hour, now.
    ///
    /// # Errors
    /// When there is no such cost, none is known, or what is known is too old.
    pub fn read(&self, name: &str) -> Result<Price, CostError> {
        let Some(cost) = self.costs.get(name) else {
            let suggestion = did_you_mean(name, self.names().map(|name| &**name));
            return Err(CostError::Unknown { name: name.to_owned(), suggestion });
        };
        let now = self.clock.now();
        if let Some(value) = self.known().given.get(name) {
            return Ok(Price { value: *value, at: now, source: "given by the test".to_owned() });
        }
        let (price, at, source) = self.raw(cost, now)?;
        let age = (now - at).to_std().unwrap_or_default();
        if age > cost.max_age {
            let why = self.known().fetched.get(name).and_then(|it| it.trouble.clone());
            let (name, max_age) = (name.to_owned(), cost.max_age);
            return Err(CostError::Stale { name, age, max_age, why: why.unwrap_or_default() });
        }
        let value = match (&cost.source, cost.watts) {
            // What it is by itself: the price of what is not free.
            (CostSource::Surplus { .. }, _) => price,
            (_, Some(watts)) => watts / W_PER_KW * price,
            (_, None) => price,
        };
        Ok(Price { value: value * cost.scale, at, source })
    }

    /// As the source says it.
    fn raw(
        &self,
        cost: &CostSettings,
        now: DateTime<Utc>,
    ) -> Result<(f64, DateTime<Utc>, String), CostError> {
        let nothing = |why: String| CostError::Nothing { name: cost.name.to_string(), why };
        let by_hour = |hours: &Hours| {
            let local = now.with_timezone(&self.timezone).naive_local();
            let price = hours.at(local).ok_or_else(|| {
                nothing(format!("its tariff has none for {}", local.format("%Y-%m-%d %H:%M")))
            });
            price.map(|price| (price, now, "tariff by hour".to_owned()))
        };
        match &cost.source {
            CostSource::Tariff(price) => Ok((*price, now, "fixed tariff".to_owned())),
            CostSource::Hours(hours) => by_hour(hours),
            CostSource::File(_) => {
                let known = self.known();
                let fetched = known.fetched.get(&cost.name);
                match fetched.and_then(|fetched| fetched.hours.as_ref()) {
                    Some(hours) => by_hour(hours),
                    None => {
                        let why = fetched.and_then(|it| it.trouble.clone()).unwrap_or_default();
                        Err(nothing(why))
                    }
                }
            }
            CostSource::Sensor(sensor) => {
                let (value, at) = self.measured(cost, sensor)?;
                Ok((value, at, format!("{sensor} {value}")))
            }
            CostSource::Surplus { sensor, price } => {
                let (surplus, at) = self.measured(cost, sensor)?;
                let paid = (cost.watts.unwrap_or_default() - surplus.max(0.0)).max(0.0);
                let source = format!("{paid:.0} W beyond {sensor} {surplus:.0} W");
                Ok((paid / W_PER_KW * price, at, source))
            }
            CostSource::Ec2Spot { .. } | CostSource::Http { .. } => {
                let known = self.known();
                let fetched = known.fetched.get(&cost.name);
                let last = fetched.and_then(|fetched| fetched.last.clone());
                last.ok_or_else(|| {
                    let trouble = fetched.and_then(|fetched| fetched.trouble.clone());
                    nothing(trouble.unwrap_or_else(|| {
                        "nobody was asked yet; a rehearsal asks nobody: give it in the scenario \
                         ([[costs]]), or in a test with price()"
                            .to_owned()
                    }))
                })
            }
        }
    }

    fn measured(
        &self,
        cost: &CostSettings,
        sensor: &str,
    ) -> Result<(f64, DateTime<Utc>), CostError> {
        let nothing = |why: String| CostError::Nothing { name: cost.name.to_string(), why };
        let reading = self.sensors.read(sensor).map_err(|error| nothing(error.to_string()))?;
        match reading.value {
            Value::Number(number) => Ok((number, reading.at)),
            Value::Switch(_) => Err(nothing(format!("{sensor} is no number"))),
        }
    }

    /// Takes what a source has answered.
    pub(super) fn take(&self, name: &Arc<str>, answer: Result<(f64, String), String>) {
        let now = self.clock.now();
        let mut known = self.known();
        let fetched = known.fetched.entry(name.clone()).or_default();
        match answer {
            Ok((price, source)) => {
                (fetched.last, fetched.trouble) = (Some((price, now, source)), None);
            }
            Err(trouble) => fetched.trouble = Some(trouble),
        }
    }

    /// Reads the tariffs that stand in files. One that cannot be read any more leaves the last one.
    pub(super) fn read_files(&self) {
        for (name, cost) in self.costs.iter() {
            let CostSource::File(file) = &cost.source else { continue };
            let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
            let read = read.and_then(|text| Hours::of_csv(&text).map_err(|it| it.to_string()));
            let mut known = self.known();
            let fetched = known.fetched.entry(name.clone()).or_default();
            match read {
                Ok(hours) => (fetched.hours, fetched.trouble) = (Some(hours), None),
                Err(why) => fetched.trouble = Some(format!("{}: {why}", file.display())),
            }
        }
    }

    /// What a test says it costs, per hour; false when there is no such cost.
    pub fn give(&self, name: &str, value: f64) -> bool {
        let Some((name, _)) = self.costs.get_key_value(name) else { return false };
        self.known().given.insert(name.clone(), value);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rehearse::Scenario;

    fn cost(source: CostSource, watts: Option<f64>) -> CostSettings {
        let (every, max_age) = (Duration::from_secs(60), Duration::from_secs(600));
        CostSettings { name: "kvm".into(), source, watts, scale: 2.0, every, max_age }
    }

    fn table(cost: CostSettings) -> CostTable {
        let clock = Clock::simulated(DateTime::UNIX_EPOCH, 1.0);
        let sensors = SensorTable::new(&Scenario::closet().sensor_settings(), clock.clone());
        CostTable::new(&[cost], sensors, clock, Zone::UTC)
    }

    fn value(table: &CostTable) -> f64 {
        table.read("kvm").expect("a price").value
    }

    #[tokio::test(start_paused = true)]
    async fn a_price_per_kwh_becomes_that_of_an_hour() {
        assert_eq!(value(&table(cost(CostSource::Tariff(0.3), None))), 0.6);
        let drawn = value(&table(cost(CostSource::Tariff(0.3), Some(500.0))));
        assert!((drawn - 0.3).abs() < 1e-12, "{drawn}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_sun_gives_is_free() {
        let source = CostSource::Surplus { sensor: "solar/power".into(), price: 0.4 };
        let table = table(cost(source, Some(100.0)));
        assert!(matches!(table.read("kvm"), Err(CostError::Nothing { .. })));
        for (surplus, price) in [(40.0, 0.048), (100.0, 0.0), (900.0, 0.0), (-50.0, 0.08)] {
            table.sensors.publish("solar/power", Ok(Value::Number(surplus))).unwrap();
            if let Ok(found) = table.read("kvm") {
                assert!((found.value - price).abs() < 1e-12, "{surplus} W: {}", found.value);
            } else {
                assert!(surplus < 0.0, "only what is out of its range is not believed");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_prices_are_none() {
        let (url, pointer) = ("https://prices.lan/".to_owned(), "/now".to_owned());
        let table = table(cost(CostSource::Http { url, pointer, token: None }, None));
        table.take(&"kvm".into(), Ok((0.2, "prices.lan".to_owned())));
        assert_eq!(value(&table), 0.4);
        table.clock.sleep(Duration::from_secs(601)).await;
        table.take(&"kvm".into(), Err("it is away".to_owned()));
        let stale = table.read("kvm").unwrap_err().to_string();
        assert_eq!(
            stale,
            "the price of \"kvm\" is 10m1s old, and is believed for 10m (`max_age`): it is away"
        );
        let unknown = table.read("kwm").unwrap_err();
        assert!(matches!(unknown, CostError::Unknown { suggestion: Some(_), .. }));
    }
}
