//! The site file: its shape, its mistakes, its secrets.

mod check;
mod diagnostic;
mod field;
mod fields;
mod filters;
mod mistakes;
mod option_mistakes;
mod options;
mod paths;
mod read;
mod secret;
mod secrets;
mod section;
mod site;
mod size;
mod surroundings;
#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, SourceText, Span, Warning};
pub use filters::FilterSettings;
pub use option_mistakes::{OptionMistake, OptionMistakes};
pub use options::{DriverOption, DriverOptions};
pub use paths::{LONGEST_SOCKET_PATH, find_site_file, is_socket_path};
pub use secret::{Secret, SecretValue};
pub use secrets::{SecretError, Secrets};
pub use site::{
    AlexaSettings, BoardChoice, HeartbeatSettings, HeartbeatUrl, HistorySettings, Limits,
    MailSettings, MqttSettings, MqttVersion, NotifySettings, OutputDrive, OutputSettings,
    SensorSettings, Site,
};
pub use surroundings::Surroundings;
