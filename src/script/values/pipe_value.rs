//! A pipe in a script's hands. It knows whether anything became of it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::plan::{Pipe, Place, Step};

/// Pipes that were made and dropped without being run, joined, stored or returned.
#[derive(Clone, Debug, Default)]
pub struct UnusedPipes(Arc<Mutex<Vec<Place>>>);

impl UnusedPipes {
    /// Takes what has been noted since the last call.
    pub fn take(&self) -> Vec<Place> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Lazy steps, joined by `|`.
#[derive(Clone, Debug)]
pub struct PipeValue {
    pipe: Pipe,
    fate: Arc<Fate>,
}

/// Shared by the clones of one value, so that the last one to go knows whether any was used.
#[derive(Debug)]
struct Fate {
    used: AtomicBool,
    place: Place,
    unused: UnusedPipes,
}

impl Drop for Fate {
    fn drop(&mut self) {
        if !*self.used.get_mut() {
            let mut unused = self.unused.0.lock().unwrap_or_else(PoisonError::into_inner);
            unused.push(self.place.clone());
        }
    }
}

impl PipeValue {
    pub fn new(steps: Vec<Step>, place: Place, unused: &UnusedPipes) -> Self {
        Self::of(Pipe { steps, if_changed: false, place }, unused.clone())
    }

    fn of(pipe: Pipe, unused: UnusedPipes) -> Self {
        let fate = Fate { used: AtomicBool::new(false), place: pipe.place.clone(), unused };
        PipeValue { pipe, fate: Arc::new(fate) }
    }

    /// The pipe itself; from now on somebody answers for it.
    pub fn take(self) -> Pipe {
        self.fate.used.store(true, Ordering::Relaxed);
        self.pipe
    }

    /// `self | next`.
    pub fn join(self, next: PipeValue) -> Self {
        let unused = self.fate.unused.clone();
        let (mut pipe, next) = (self.take(), next.take());
        pipe.steps.extend(next.steps);
        pipe.if_changed |= next.if_changed;
        Self::of(pipe, unused)
    }

    /// The same pipe, altered by one of its methods.
    pub fn with(self, alter: impl FnOnce(&mut Pipe)) -> Self {
        let unused = self.fate.unused.clone();
        let mut pipe = self.take();
        alter(&mut pipe);
        Self::of(pipe, unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(unused: &UnusedPipes) -> PipeValue {
        PipeValue::new(Vec::new(), Place { line: 3, ..Place::default() }, unused)
    }

    #[test]
    fn a_dropped_pipe_is_noted_and_a_taken_one_is_not() {
        let unused = UnusedPipes::default();
        drop(value(&unused).take());
        assert_eq!(unused.take(), []);
        let kept = value(&unused);
        drop(kept.clone());
        assert_eq!(unused.take(), [], "a clone is still alive");
        drop(kept);
        assert_eq!(unused.take().len(), 1);
    }

    #[test]
    fn joining_uses_both_sides_and_the_whole_is_new() {
        let unused = UnusedPipes::default();
        drop(value(&unused).join(value(&unused)));
        assert_eq!(unused.take().len(), 1);
    }
}
