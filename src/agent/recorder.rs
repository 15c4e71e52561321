//! What happens beside the scripts: readings go into the store, sensors grow stale, old history is
//! trimmed, and the clock becomes believable.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc::UnboundedReceiver, watch};

use crate::{
    clock::{Clock, TimeSync},
    config::{HistorySettings, Site},
    journal::{Event, Journal},
    sensor::{Count, Sampler, SensorEvent, SensorTable},
    store::Store,
};

/// The sensors are asked at whole seconds whether they have grown stale.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TRIM_EVERY: Duration = Duration::from_secs(3600);
/// Readings that wait are written down together.
const BATCH: usize = 256;

/// Fills the memory of the sensors with what the store knows of the last day.
pub async fn recall(site: &Site, sensors: &SensorTable, store: &Store, now: DateTime<Utc>) {
    for sensor in &site.sensors {
        let since = now - chrono::TimeDelta::days(1);
        let known = match store.readings_between(&sensor.name, since, now).await {
            Ok(points) => {
                sensors.history().preload(&sensor.name, points).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = known {
            tracing::warn!("the history of {} cannot be read: {error}", sensor.name);
        }
    }
}

/// Tells the samplers what their meters have counted, so that they go on from there.
pub async fn resume(samplers: &mut [Sampler], store: &Store) {
    match store.counts().await {
        Ok(counts) => {
            for sampler in samplers {
                if let Some(count) = counts.get(&sampler.sensor()) {
                    sampler.resume(*count);
                }
            }
        }
        Err(error) => tracing::warn!("what meters have counted cannot be read: {error}"),
    }
}

/// Writes down what meters count, for as long as there is a sampler.
pub async fn keep_counts(mut counts: UnboundedReceiver<Count>, store: Store, clock: Clock) {
    while let Some(Count { sensor, count }) = counts.recv().await {
        if let Err(error) = store.keep_count(&sensor, count, clock.now()).await {
            tracing::error!("what {sensor} has counted could not be kept: {error}");
        }
    }
}

/// Writes readings down, and tells the journal of sensors that fail and recover, until it is told
/// to close and nothing is left to write.
pub async fn record(
    mut events: UnboundedReceiver<SensorEvent>,
    store: Store,
    journal: Journal,
    mut closing: watch::Receiver<bool>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut outages = Outages::new(journal);
    loop {
        let received = tokio::select! {
            biased;
            received = events.recv_many(&mut batch, BATCH) => received,
            _ = closing.wait_for(|close| *close) => 0,
        };
        if received == 0 {
            return;
        }
        let mut readings = Vec::with_capacity(batch.len());
        for event in batch.drain(..) {
            outages.see(&event);
            if let SensorEvent::Reading(reading) = event {
                readings.push(reading);
            }
        }
        if let Err(error) = store.record(&readings).await {
            tracing::error!("readings could not be kept: {error}");
        }
    }
}

/// The sensors that have no believed value now, for the journal.
pub struct Outages {
    journal: Journal,
    faulty: Vec<std::sync::Arc<str>>,
}

impl Outages {
    pub fn new(journal: Journal) -> Self {
        Outages { journal, faulty: Vec::new() }
    }

    /// Tells the journal when an outage begins or ends.
    pub fn see(&mut self, event: &SensorEvent) {
        match event {
            SensorEvent::Reading(reading) => {
                let Some(index) = self.faulty.iter().position(|name| *name == reading.sensor)
                else {
                    return;
                };
                self.faulty.swap_remove(index);
                let value = format!("{} {}", reading.value, reading.unit).trim().to_owned();
                let sensor = reading.sensor.to_string();
                self.journal.note("", Event::Recovered { sensor, value });
            }
            SensorEvent::Fault { sensor, fault, .. } => {
                self.faulty.push(sensor.clone());
                let fault = fault.clone();
                self.journal.note("", Event::Fault { sensor: sensor.to_string(), fault });
            }
        }
    }
}

/// Tells when a sensor has become too old to be believed, at the next whole second.
pub async fn watch_ages(sensors: SensorTable, clock: Clock) {
    // A rehearsal's year has 31 million seconds: those at which nothing can be stale are left out.
    while let Some(quiet) = sensors.until_stale() {
        let due = clock.monotonic() + quiet;
        let look = Duration::from_secs(due.as_secs()) + LOOK_EVERY;
        clock.sleep(look - clock.monotonic()).await;
        sensors.check_stale();
    }
}

/// Removes what is older or larger than the site file allows, once the clock is right: one that is
/// years ahead would remove everything.
pub async fn trim(
    store: Store,
    clock: Clock,
    history: HistorySettings,
    mut trusted: watch::Receiver<bool>,
) {
    if trusted.wait_for(|trusted| *trusted).await.is_err() {
        return;
    }
    loop {
        if let Err(error) = store.trim(clock.now(), &history).await {
            tracing::error!("old history could not be trimmed: {error}");
        }
        clock.sleep(TRIM_EVERY).await;
    }
}

/// A board without a battery wakes up at the moment at which it was last on, as far as it was noted,
/// and learns the true time from the network: what goes by the wall clock waits for that.
pub async fn await_time_sync(sync: TimeSync<'static>, journal: &Journal) {
    if !sync.is_awaited() {
        return;
    }
    let text = "the clock is not synchronised yet: schedules by the time of day wait, all else goes \
                on; `timedatectl timesync-status` says more";
    journal.note("", Event::Note { text: text.into() });
    sync.happened().await;
    journal.note("", Event::Note { text: "the clock is synchronised".into() });
}

/// A board without a battery wakes up in 1970: what goes by the wall clock waits until it is later
/// than anything that the store has seen.
pub async fn trust_the_clock(
    store: Store,
    clock: Clock,
    journal: Journal,
    trusted: watch::Sender<bool>,
) {
    let newest = match store.newest().await {
        Ok(newest) => newest.unwrap_or(DateTime::UNIX_EPOCH),
        Err(error) => {
            tracing::error!("the newest moment cannot be read: {error}");
            DateTime::UNIX_EPOCH
        }
    };
    if !clock.is_trusted(newest) {
        let text = format!(
            "the clock says {}, which cannot be: schedules wait until it is set",
            clock.now().format("%Y-%m-%d %H:%M UTC")
        );
        journal.note("", Event::Note { text });
        clock.wait_trusted(newest).await;
        journal.note("", Event::Note { text: "the clock is set now".into() });
    }
    // Nobody listens any more when the agent is on its way out.
    let _ = trusted.send(true);
    loop {
        if let Err(error) = store.touch_newest(clock.now()).await {
            tracing::error!("the newest moment could not be kept: {error}");
        }
        clock.sleep(TRIM_EVERY).await;
    }
}
