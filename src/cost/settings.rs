//! What the site file says about a cost.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::Hours;
use crate::{
    config::Secret,
    host::ec2::{Ec2Account, prices::SpotQuestion},
};

/// A `[cost.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub struct CostSettings {
    pub name: Arc<str>,
    pub source: CostSource,
    /// What is drawn: then the source's price is one per kWh, else one per hour.
    pub watts: Option<f64>,
    /// Into the currency of the others: what the price is multiplied with.
    pub scale: f64,
    /// How often it is asked for.
    pub every: Duration,
    /// Older prices are not believed.
    pub max_age: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CostSource {
    /// The spot market of EC2, per hour.
    Ec2Spot { account: Ec2Account, question: SpotQuestion },
    /// The same price at all times.
    Tariff(f64),
    /// Another price at other times of the day.
    Hours(Hours),
    /// The same, from a file that may change.
    File(PathBuf),
    /// What a sensor says is the price.
    Sensor(Arc<str>),
    /// What a sensor says, in W, is free; what is drawn beyond it costs this much per kWh.
    Surplus { sensor: Arc<str>, price: f64 },
    /// A number in the answer of a web server.
    Http { url: String, pointer: String, token: Option<Secret> },
}

impl CostSource {
    /// Whether somebody outside is asked.
    pub fn is_remote(&self) -> bool {
        matches!(self, CostSource::Ec2Spot { .. } | CostSource::Http { .. })
    }
}
