//! A secret by its name. The value is looked up when it is used, and never printed.

use serde::{Deserialize, Serialize};

/// `{ secret = "mail" }` in the site file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    #[serde(rename = "secret")]
    pub name: String,
}
