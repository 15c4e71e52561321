//! Where a rehearsal's readings come from.

use std::sync::Arc;

use super::{Recording, tests::Givens};

/// What the sensors say.
#[derive(Clone)]
pub enum Senses {
    /// What the simulated closet feels, through the drivers.
    Closet,
    /// What was recorded.
    Recording(Arc<Recording>),
    /// What a test gives.
    Given(Givens),
}
