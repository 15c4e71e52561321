//! Rhai, made safe and strict: every limit set, no silent `false`, constants usable everywhere.
//!
//! A script's engine is put together in this order:
//!
//! ```no_run
//! use rhai::Engine;
//! use watchpost::{config::Limits, script::engine::*};
//!
//! # fn example(names: Names, source: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let (limits, folder) = (Limits::default(), std::path::Path::new("scripts"));
//! let mut engine: Engine = base_engine(&limits, folder);
//! // … the vocabulary registers its functions, then:
//! let imports = ScriptsFolder::install(&mut engine, folder, &names);
//! let budget = Budget::install(&mut engine, &limits);
//! let ast = compile(&engine, &names, "closet-heat.rhai", source)?;
//! budget.start();
//! engine.run_ast(&ast)?;
//! println!("watch these files as well: {:?}", imports.files());
//! # Ok(())
//! # }
//! ```

mod budget;
mod callback;
mod compile;
mod constants;
mod limits;
mod modules;
mod strict;

pub use budget::{Budget, Stop, Waiting};
pub use callback::StoredFunction;
pub(crate) use compile::parse;
pub use compile::{compile, compile_after};
pub use constants::Names;
pub use limits::{MAX_DEPTH, STACK_SIZE, base_engine};
pub use modules::ScriptsFolder;

#[cfg(test)]
mod module_tests;
#[cfg(test)]
mod tests;
