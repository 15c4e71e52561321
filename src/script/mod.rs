//! The scripts: the engine and its limits, the vocabulary, the actor that runs handlers, mistakes as
//! their owner should read them, and what can be found wrong without running anything.

pub mod actor;
pub mod api;
pub mod check;
mod context;
mod declarations;
pub mod diagnostics;
pub mod engine;
pub mod find;
pub mod folder;
mod instance;
mod lane;
pub mod lint;
pub mod solo;
#[cfg(test)]
pub(crate) mod testing;
mod thread;
mod values;
mod vocabulary;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use context::Surroundings;
pub use declarations::{Declarations, StateSource, Switch, Watch};
pub use diagnostics::ScriptError;
pub use instance::Instance;
pub use values::{When, WhenKind};

/// A script's text, and where it comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Without its ending: `closet-heat`. Watches, timers and holds belong to this name.
    pub name: Arc<str>,
    /// As people should read it in messages: `scripts/closet-heat.rhai`.
    pub file: String,
    pub text: String,
    /// Where imports are looked for.
    pub folder: PathBuf,
}

impl Source {
    /// The empty script beside which an expression is evaluated.
    pub fn of_expression(folder: &Path) -> Self {
        Source {
            name: "eval".into(),
            file: "eval".into(),
            text: String::new(),
            folder: folder.to_owned(),
        }
    }
}
