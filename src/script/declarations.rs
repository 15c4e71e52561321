//! What a script declares at its top level.

use crate::plan::{Handler, Place};

use super::values::When;

/// Everything that a script declares.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    pub watches: Vec<Watch>,
    /// Imported files, to be looked at for changes too.
    pub imports: Vec<std::path::PathBuf>,
}

/// One `watch(…)`.
#[derive(Clone, Debug)]
pub struct Watch {
    pub name: String,
    pub when: When,
    /// Runs when it fires.
    pub began: Handler,
    /// Runs when a trigger's condition is over.
    pub ended: Option<Handler>,
    pub place: Place,
}
