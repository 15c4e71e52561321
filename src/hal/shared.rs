//! What several sensors of one site share: a serial line, a connection, a turn at a chip.

use std::{
    any::{Any, TypeId},
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Things by type and name, made by whoever asks first. Clones share them.
#[derive(Clone, Default)]
pub(super) struct SharedThings(Arc<Mutex<Things>>);

type Things = BTreeMap<(TypeId, String), Arc<dyn Any + Send + Sync>>;

impl SharedThings {
    pub fn get<T: Send + 'static>(&self, name: &str, make: impl FnOnce() -> T) -> Arc<Mutex<T>> {
        let mut things = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (TypeId::of::<T>(), name.to_owned());
        let known = things.get(&key).cloned().and_then(|thing| thing.downcast().ok());
        known.unwrap_or_else(|| {
            let thing = Arc::new(Mutex::new(make()));
            things.insert(key, thing.clone());
            thing
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_made_once_for_each_name_and_type() {
        let things = SharedThings::default();
        let one = things.get("a", || 1);
        assert!(Arc::ptr_eq(&one, &things.clone().get("a", || 2)));
        assert_eq!(*things.get("b", || 3).lock().unwrap(), 3);
        assert_eq!(*things.get("a", || "text").lock().unwrap(), "text");
    }
}
