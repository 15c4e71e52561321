//! What an hour costs in a scenario.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{Scenario, ScenarioError};
use crate::{
    cost::{CostSettings, CostSource, Hours},
    host::{Inventory, Template},
};

/// One `[[costs]]`: in the place of the site's cost of this name, so that a rehearsal asks nobody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostPlan {
    pub name: String,
    /// The price of an hour, at all times.
    pub price: Option<f64>,
    /// The price of an hour from a local time of the day on: `{ "07:00" = 0.0041 }`.
    #[serde(default)]
    pub hours: BTreeMap<String, f64>,
    /// The templates whose machines cost this, for a scenario without a site file.
    #[serde(default)]
    pub templates: Vec<String>,
}

impl CostPlan {
    fn source(&self) -> Option<CostSource> {
        if let Some(price) = self.price {
            return Some(CostSource::Tariff(price));
        }
        let rows = self.hours.iter().map(|(time, price)| (time.as_str(), *price));
        Hours::of_table(rows).ok().map(CostSource::Hours)
    }
}

impl Scenario {
    /// The costs, as a site file would describe them.
    pub fn cost_settings(&self) -> Vec<CostSettings> {
        let settings = |plan: &CostPlan| {
            Some(CostSettings {
                name: plan.name.as_str().into(),
                source: plan.source()?,
                watts: None,
                scale: 1.0,
                every: Duration::from_secs(60),
                max_age: Duration::from_secs(3600),
            })
        };
        self.costs.iter().filter_map(settings).collect()
    }

    /// The scenario's costs in the place of the site's.
    pub(super) fn give_costs(&self, costs: &mut Vec<CostSettings>, has_file: bool) {
        for given in self.cost_settings() {
            match costs.iter_mut().find(|cost| cost.name == given.name) {
                Some(cost) => *cost = given,
                // What the site file does not know, its scripts must not name.
                None if has_file => {}
                None => costs.push(given),
            }
        }
    }

    /// Machines on EC2 draw nothing here.
    pub(super) fn know_the_far(&mut self, site: &Inventory) {
        let far = site.templates().filter(|(_, template)| matches!(template, Template::Ec2(_)));
        self.away.extend(far.map(|(name, _)| name.to_string()));
    }
}

/// # Errors
/// A cost without a price, a tariff that is none.
pub(super) fn check(plan: &CostPlan) -> Result<(), ScenarioError> {
    let place = format!("costs {}", plan.name);
    match (plan.price, plan.hours.is_empty()) {
        (None, true) => Err(ScenarioError::wrong(place, "say its `price`, or its `hours`")),
        (Some(_), false) => {
            Err(ScenarioError::wrong(place, "`price` and `hours` exclude each other"))
        }
        (Some(_), true) => Ok(()),
        (None, false) => {
            let rows = plan.hours.iter().map(|(time, price)| (time.as_str(), *price));
            let read = Hours::of_table(rows).map(drop);
            read.map_err(|error| ScenarioError::wrong(place, error.to_string()))
        }
    }
}
