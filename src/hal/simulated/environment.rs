//! What simulated chips measure.

use std::time::Duration;

/// The simulated closet, as far as chips can feel it.
pub trait Environment: Send + Sync {
    /// A quantity as of now, in its SI unit (temperatures in °C); `None` when there is no such
    /// thing any more. The chip that measures it is then as good as unplugged.
    fn quantity(&self, name: &str) -> Option<f64>;

    /// The time that has passed there; it never jumps. A world without time stands still.
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether the quantity is there. A simulated world may know that without reckoning it.
    fn has(&self, name: &str) -> bool {
        self.quantity(name).is_some()
    }
}

impl<F: Fn(&str) -> Option<f64> + Send + Sync> Environment for F {
    fn quantity(&self, name: &str) -> Option<f64> {
        self(name)
    }
}
