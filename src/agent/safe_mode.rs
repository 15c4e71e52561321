//! The way out of a crash loop: an agent that has ended early several times in a row comes up with
//! what cannot be done without, and says so.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    script::actor::Station,
    store::{ShortLives, Store},
};

/// So many lives in a row that ended early are a crash loop.
const CRASH_LOOP: u32 = 3;
/// A life that lasted so long was no part of one.
const GOOD_LIFE: Duration = Duration::from_secs(10 * 60);
/// What people read about it, wherever it stands.
pub const IN_SHORT: &str = "safe mode: only critical watches run, outputs began safe; \
                            `systemctl restart watchpost` leaves it";

/// Counts this life, and says which crash loop it ends, if it does.
///
/// A state file that cannot be written is no reason for safe mode, nor for not starting.
pub async fn crash_loop(store: &Store, now: DateTime<Utc>) -> Option<ShortLives> {
    match store.begin_life(now).await {
        Ok(lives) => Some(lives).filter(|lives| lives.before >= CRASH_LOOP),
        Err(error) => {
            tracing::error!("this start could not be counted: {error}");
            None
        }
    }
}

/// A life that has lasted ends the count. To be run beside everything else.
pub async fn outlive(store: Store) {
    tokio::time::sleep(GOOD_LIFE).await;
    if let Err(error) = store.life_is_good().await {
        tracing::error!("that the agent runs well could not be kept: {error}");
    }
}

/// Tells the journal, and the owner on every channel: once for one crash loop.
pub async fn tell(station: &Station, lives: ShortLives) {
    let id = format!("safe-mode.{}", lives.since.timestamp_millis());
    let subject = "safe mode";
    let body = format!(
        "the agent has ended early {} times in a row. Sensors, MQTT and critical watches are on; all \
         other watches, switches and timers are off, and outputs began in their safe state. \
         `journalctl -u watchpost` may say why it ended; `systemctl restart watchpost` leaves safe \
         mode",
        lives.before
    );
    station.owner.tell(&id, subject, &body, "").await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ten_minutes_are_no_crash() {
        let store = Store::memory().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        for _ in 0..CRASH_LOOP {
            assert_eq!(crash_loop(&store, now).await, None);
        }
        let found = crash_loop(&store, now).await.expect("a crash loop");
        assert_eq!((found.before, found.since), (CRASH_LOOP, now));
        let life = crate::tasks::spawn(outlive(store.clone()));
        tokio::time::sleep(GOOD_LIFE - Duration::from_secs(1)).await;
        assert!(crash_loop(&store, now).await.is_some());
        tokio::time::sleep(Duration::from_secs(2)).await;
        life.await.unwrap();
        assert_eq!(crash_loop(&store, now).await, None);
    }
}
