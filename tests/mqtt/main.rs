//! The running agent against real brokers on the loopback address.

mod agent;
mod asking;
mod broker;
mod cluster;
mod delivery;
mod home_assistant;
mod listener;
mod proxy;
mod safe_mode;
mod secure;
mod switches;
mod taking;

#[path = "../support/sshd.rs"]
mod sshd;

use std::time::{Duration, Instant};

/// How often something is repeated: a little in the normal run, as often as was promised with
/// `WATCHPOST_FULL=1`.
fn times(few: usize, many: usize) -> usize {
    if std::env::var_os("WATCHPOST_FULL").is_some_and(|full| full == "1") { many } else { few }
}

/// Waits until something is so.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
