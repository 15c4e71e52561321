//! The running agent and a real mail server.

mod alerts;
mod asking;
mod heartbeat;
mod lost;
mod ntfy;
mod office;
mod secure;

#[path = "../support/agent.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod agent;
#[path = "../support/patience.rs"]
mod patience;

/// How often something is repeated: a little in the normal run, as often as was promised with
/// `WATCHPOST_FULL=1`.
fn times(few: usize, many: usize) -> usize {
    if std::env::var_os("WATCHPOST_FULL").is_some_and(|full| full == "1") { many } else { few }
}
