//! The signals that the agent listens to.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Ending;

/// Interrupt and terminate end the agent, hang-up has everything read anew. One that comes while
/// nobody waits is kept.
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    pub fn listen() -> Self {
        let listen = |kind| match signal(kind) {
            Ok(signal) => Some(signal),
            Err(error) => {
                tracing::error!("a signal cannot be listened to: {error}");
                None
            }
        };
        Signals {
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
            hang_up: listen(SignalKind::hangup()),
        }
    }

    pub(super) async fn next(&mut self) -> Ending {
        tokio::select! {
            biased;
            () = received(&mut self.interrupt) => Ending::Stopped,
            () = received(&mut self.terminate) => Ending::Stopped,
            () = received(&mut self.hang_up) => Ending::Reload,
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
