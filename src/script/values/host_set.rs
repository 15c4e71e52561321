//! What `hosts(…)`, `tagged(…)` and `everything()` select.

use std::fmt;

/// Names of hosts of the inventory, each once, in the order in which they were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostSet(Vec<String>);

impl HostSet {
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl FromIterator<String> for HostSet {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let mut set = Vec::new();
        for name in names {
            if !set.contains(&name) {
                set.push(name);
            }
        }
        HostSet(set)
    }
}

impl fmt::Display for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}
