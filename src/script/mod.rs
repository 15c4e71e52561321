//! The scripts: the engine and its limits, mistakes as their owner should read them, and what can
//! be found wrong without running anything.

pub mod diagnostics;
pub mod engine;
pub mod lint;
