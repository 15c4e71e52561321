//! The site file: its shape, its mistakes, its secrets.

mod secret;
mod site;

pub use secret::Secret;
pub use site::{
    BoardChoice, DriverOptions, HistorySettings, Limits, MailSettings, NotifySettings,
    SensorSettings, Site,
};
