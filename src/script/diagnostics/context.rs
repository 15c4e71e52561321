//! What has to be known to explain a mistake.

use std::{fs, path::Path, sync::Arc};

use rhai::{AST, Engine};

use crate::script::engine::Names;

/// Where a mistake comes from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub engine: &'a Engine,
    /// The script's file, relative to the scripts' folder.
    pub name: &'a str,
    pub source: &'a str,
    /// The compiled script, for the names of its own functions.
    pub ast: Option<&'a AST>,
    /// The vocabulary's constants.
    pub names: Option<&'a Names>,
    /// The file in which the chain of calls begins, where that is an import
    /// ([`StoredFunction::file`](crate::script::engine::StoredFunction::file)).
    pub outermost: Option<&'a str>,
    /// The scripts' folder, to show the source of imported files.
    pub root: Option<&'a Path>,
}

impl<'a> Context<'a> {
    pub fn new(engine: &'a Engine, name: &'a str, source: &'a str) -> Self {
        Context { engine, name, source, ast: None, names: None, outermost: None, root: None }
    }

    /// The text of a file: the script's own, or an import's; empty when it cannot be read, and
    /// then the error stands there without its source.
    pub(super) fn text_of(&self, file: &str) -> Arc<str> {
        if file == self.name {
            return self.source.into();
        }
        self.root
            .and_then(|root| fs::read_to_string(root.join(file)).ok())
            .unwrap_or_default()
            .into()
    }
}
