//! Blocking work on plain threads, awaited.

use tokio::sync::oneshot;

use crate::plan::{Failure, FailureKind};

/// Runs `work` on a thread of its own and awaits it. Unlike tokio's blocking pool, such a thread
/// does not hold up the end of the agent: a host that hangs delays nobody's shutdown.
///
/// # Errors
/// What `work` says, or that no thread could be had, or that it panicked.
pub async fn run<T: Send + 'static>(
    host: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("ssh {host}"))
        .spawn(move || {
            // Nobody listens any more when the act was given up: then its result is not missed.
            let _ = tell.send(work());
        })
        .map_err(|error| {
            let message = format!("{host}: no thread for its connection: {error}");
            Failure::new(FailureKind::Unreachable, message)
        })?;
    told.await.unwrap_or_else(|_| {
        let message = format!("{host}: its connection's thread panicked; this is a bug");
        Err(Failure::new(FailureKind::Unreachable, message))
    })
}
