//! What an hour costs here and there: `[cost.NAME]`.
//!
//! A price is the price of an hour, whatever it was made from: a price per kWh becomes one with the
//! watts that are drawn. It knows its age and where it comes from, and one that is too old is none.

mod fetch;
mod hours;
mod price;
mod settings;
mod table;

pub use fetch::{ask_once, keep};
pub use hours::{Hours, HoursError};
pub use price::{CostError, Price};
pub use settings::{CostSettings, CostSource};
pub use table::CostTable;
