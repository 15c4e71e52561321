//! Values that are kept as JSON text.

use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

pub(super) fn text(value: &impl Serialize, what: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::BadRow { what, source })
}

pub(super) fn parse<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::BadRow { what, source })
}
