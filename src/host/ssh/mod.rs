//! SSH, in layers: where to go ([`Target`]), whose key it is ([`KnownHosts`]), how to log in,
//! one session, one command in it, and the [`Pool`] that keeps sessions.
//!
//! Everything here blocks and belongs on a plain thread. It reads the monotonic clock itself
//! ([`Deadline`]): sockets live in real time only, no rehearsal ever opens one.

mod auth;
mod deadline;
mod error;
mod exec;
mod host_key;
mod jump;
mod known_hosts;
mod pool;
mod session;
mod stream;
mod target;
mod wire;

use std::sync::Arc;

pub use deadline::Deadline;
pub use host_key::HostKey;
pub use jump::reach;
pub use known_hosts::{KnownHosts, Verdict, entry_line};
pub use pool::Pool;
pub use session::{Greeted, SshSession, connect, greet, read_known_hosts};
pub use target::Target;

use crate::config::Secret;

/// Looks a secret up when it is needed. The error says what to do.
pub type SecretResolver = Arc<dyn Fn(&Secret) -> Result<String, String> + Send + Sync>;
