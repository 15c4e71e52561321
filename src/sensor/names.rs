//! The sensors' names: looked up once, then carried as an index where many readings pass.

use std::{collections::HashMap, sync::Arc};

use super::SensorError;
use crate::suggest::nearest_path;

/// A sensor's place in the table that gave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SensorId(pub(super) usize);

/// Every name, in the order of the site file.
#[derive(Debug)]
pub(super) struct Names {
    ordered: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, SensorId>,
}

impl Names {
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let ordered: Vec<_> = names.into_iter().collect();
        let by_name =
            ordered.iter().enumerate().map(|(i, name)| (name.clone(), SensorId(i))).collect();
        Names { ordered, by_name }
    }

    pub fn id(&self, name: &str) -> Result<SensorId, SensorError> {
        self.by_name.get(name).copied().ok_or_else(|| SensorError::Unknown {
            name: name.to_owned(),
            suggestion: nearest_path(name, self.ordered.iter().map(|each| &**each)).map(Into::into),
        })
    }

    pub fn name(&self, id: SensorId) -> &Arc<str> {
        &self.ordered[id.0]
    }

    pub fn ids(&self) -> impl Iterator<Item = SensorId> + use<> {
        (0..self.ordered.len()).map(SensorId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion(asked: &str) -> Option<String> {
        let names = Names::new(["closet/temperature".into(), "solar/power".into()]);
        match names.id(asked) {
            Err(SensorError::Unknown { suggestion, .. }) => suggestion.map(|name| name.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn suggests_what_was_probably_meant() {
        assert_eq!(suggestion("closet/temprature").as_deref(), Some("closet/temperature"));
        assert_eq!(suggestion("power").as_deref(), Some("solar/power"));
        assert_eq!(suggestion("xyz"), None);
    }
}
