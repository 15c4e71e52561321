//! Futures and functions as tasks of the runtime, each in a box: the runtime's own part of a task (1 kB)
//! is then in the program once for each type of result, and not once for each of some 150 futures.
#![expect(clippy::disallowed_methods, reason = "here is what stands in for them")]

use std::{
    future::Future,
    ops::{Deref, DerefMut},
    pin::Pin,
};

use tokio::task::{AbortHandle, JoinHandle, JoinSet};

fn boxed<T>(
    future: impl Future<Output = T> + Send + 'static,
) -> Pin<Box<dyn Future<Output = T> + Send>> {
    Box::pin(future)
}

/// Begins a task on the runtime that this is called in.
///
/// # Panics
/// Outside a runtime.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(boxed(future))
}

/// Calls a function that may take its time, on a thread for such.
///
/// # Panics
/// Outside a runtime.
pub fn spawn_blocking<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let function: Box<dyn FnOnce() -> T + Send> = Box::new(function);
    tokio::task::spawn_blocking(function)
}

/// Tasks that end with their owner.
#[derive(Debug)]
pub struct Tasks<T>(JoinSet<T>);

impl<T: Send + 'static> Tasks<T> {
    pub fn spawn(&mut self, future: impl Future<Output = T> + Send + 'static) -> AbortHandle {
        self.0.spawn(boxed(future))
    }
}

impl<T> Default for Tasks<T> {
    fn default() -> Self {
        Tasks(JoinSet::new())
    }
}

impl<T> Deref for Tasks<T> {
    type Target = JoinSet<T>;

    fn deref(&self) -> &JoinSet<T> {
        &self.0
    }
}

impl<T> DerefMut for Tasks<T> {
    fn deref_mut(&mut self) -> &mut JoinSet<T> {
        &mut self.0
    }
}
