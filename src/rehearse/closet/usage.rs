//! What a host has used.

use serde::Serialize;

/// Time, energy and money of one host, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// For how long it drew power, in hours.
    pub hours: f64,
    /// Wh, whether from the sun or from the mains.
    pub wh: f64,
    /// What the mains' part of it cost, in the scenario's currency.
    pub cost: f64,
}

impl Usage {
    /// After so many seconds at `watts`, when one kWh costs `price`.
    pub fn after(self, seconds: f64, watts: f64, price: f64) -> Usage {
        if watts == 0.0 {
            return self;
        }
        let hours = seconds / 3_600.0;
        let wh = watts * hours;
        Usage {
            hours: self.hours + hours,
            wh: self.wh + wh,
            cost: self.cost + wh / 1_000.0 * price,
        }
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Usage>>(all: I) -> Usage {
        all.fold(Usage::default(), |sum, each| Usage {
            hours: sum.hours + each.hours,
            wh: sum.wh + each.wh,
            cost: sum.cost + each.cost,
        })
    }
}
