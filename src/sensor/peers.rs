//! The sensors of other sites, by `site/name`: each a small table of its own, made when it is first
//! asked for or first heard of.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::SensorTable;
use crate::{
    clock::Clock,
    config::{DriverOptions, FilterSettings, SensorSettings},
};

/// Other sites do not say how often they measure; this is a few times what is usual.
pub const MAX_AGE: Duration = Duration::from_secs(5 * 60);
/// A broker full of strangers must not fill the memory.
const MOST: usize = 2_000;

pub(super) struct Peers {
    clock: Clock,
    /// What the names of this site's own sensors begin with.
    own: Vec<String>,
    tables: RwLock<BTreeMap<Arc<str>, SensorTable>>,
}

impl Peers {
    pub fn new<'n>(clock: Clock, own: impl Iterator<Item = &'n str>) -> Self {
        let own = own.map(|name| first(name).to_owned()).collect();
        Peers { clock, own, tables: RwLock::default() }
    }

    /// Whether a name may be another site's: one that begins as a sensor of our own is a slip.
    pub fn may_have(&self, name: &str) -> bool {
        name.contains('/') && !self.own.iter().any(|own| own == first(name))
    }

    /// The table of one sensor; `None` for names that cannot be another site's.
    pub fn table(&self, name: &str) -> Option<SensorTable> {
        if !self.may_have(name) {
            return None;
        }
        if let Some(table) = self.tables.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(table.clone());
        }
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if tables.len() >= MOST {
            return None;
        }
        let made = || SensorTable::new(&[settings(name)], self.clock.clone());
        Some(tables.entry(name.into()).or_insert_with(made).clone())
    }

    /// By their names.
    pub fn all(&self) -> Vec<SensorTable> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

fn first(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

fn settings(name: &str) -> SensorSettings {
    SensorSettings {
        name: name.into(),
        driver: super::drivers::mqtt::NAME.to_owned(),
        every: MAX_AGE,
        max_age: MAX_AGE,
        range: None,
        smooth: None,
        scale: 1.0,
        offset: 0.0,
        filters: FilterSettings::default(),
        unit: None,
        options: DriverOptions::default(),
    }
}
