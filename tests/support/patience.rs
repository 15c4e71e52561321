//! Waiting for something to be so, rather than for some time.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Far beyond what anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks until there is an answer; says what is missing when there never is one.
pub fn until<T>(mut ask: impl FnMut() -> Option<T>, missing: impl FnOnce() -> String) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{}", missing());
        thread::sleep(Duration::from_millis(50));
    }
}
