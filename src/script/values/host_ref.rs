//! What `host(…)` names: one host, whose doings a watch may wait for.

/// The name of a host of the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRef(pub String);
