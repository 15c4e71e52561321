//! The table of all sensors: what each one said last, and whether it can be believed now.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use super::{
    Archive, Fault, History, HistoryBounds, Reading, SensorError, SensorEvent, SensorId,
    SensorStatus, Value,
    names::Names,
    peers::Peers,
    slot::{Moment, Slot},
};
use crate::{clock::Clock, config::SensorSettings};

/// Ages are told by a clock that seems to have run for ten years when the agent starts: what was
/// measured before that has its place on it, too.
const LONG_RUNNING: Duration = Duration::from_secs(3653 * 86_400);

/// Cheap to clone; all clones are one table. Nothing in it waits: a lock is held for the time of
/// a comparison.
#[derive(Clone)]
pub struct SensorTable {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    names: Arc<Names>,
    slots: Vec<Mutex<Slot>>,
    history: History,
    /// The sensors of other sites, once they are admitted.
    peers: OnceLock<Peers>,
}

impl SensorTable {
    /// A table without an archive: history reaches back as far as the memory does.
    pub fn new(sensors: &[SensorSettings], clock: Clock) -> Self {
        SensorTable::build(sensors, clock, HistoryBounds::default(), None)
    }

    /// History that is older than what memory holds comes from the archive.
    pub fn with_archive(
        sensors: &[SensorSettings],
        clock: Clock,
        bounds: HistoryBounds,
        archive: Arc<dyn Archive>,
    ) -> Self {
        SensorTable::build(sensors, clock, bounds, Some(archive))
    }

    fn build(
        sensors: &[SensorSettings],
        clock: Clock,
        bounds: HistoryBounds,
        archive: Option<Arc<dyn Archive>>,
    ) -> Self {
        let names = Arc::new(Names::new(sensors.iter().map(|each| each.name.clone())));
        let created = LONG_RUNNING + clock.monotonic();
        let history = History::new(names.clone(), clock.clone(), bounds, archive);
        let slots = sensors.iter().map(|each| Mutex::new(Slot::new(each, created))).collect();
        SensorTable {
            shared: Arc::new(Shared { clock, names, slots, history, peers: OnceLock::new() }),
        }
    }

    /// The index of a sensor, for those who ask often.
    pub fn id(&self, name: &str) -> Result<SensorId, SensorError> {
        self.shared.names.id(name)
    }

    /// The name behind an index.
    pub fn name(&self, id: SensorId) -> Arc<str> {
        self.shared.names.name(id).clone()
    }

    /// From now on, names that begin as no sensor of this site does may be other sites' sensors.
    pub fn admit_peers(&self) {
        let own = self.shared.names.ids().map(|id| &**self.shared.names.name(id));
        // Admitted already is as good.
        let _ = self.shared.peers.set(Peers::new(self.shared.clock.clone(), own));
    }

    /// Whether a name may be another site's sensor, seen or not.
    pub fn may_be_peer(&self, name: &str) -> bool {
        self.shared.peers.get().is_some_and(|peers| peers.may_have(name))
    }

    /// The table that has this sensor: this one, or that of another site's sensor. It is this one
    /// for names that nobody knows, and says so when it is asked.
    pub fn table_of(&self, name: &str) -> SensorTable {
        let peer = self.shared.peers.get().and_then(|peers| peers.table(name));
        peer.unwrap_or_else(|| self.clone())
    }

    /// How old a reading of this sensor may be and still be believed; `None` for unknown sensors.
    pub fn max_age(&self, name: &str) -> Option<Duration> {
        let table = self.table_of(name);
        table.id(name).ok().map(|id| table.slot(id).max_age())
    }

    /// Sets the unit that the driver measures in, unless the site file names another.
    pub fn declare_unit(&self, id: SensorId, unit: &str) {
        self.slot(id).declare_unit(unit);
    }

    /// Takes a value, or the reason why there is none, as of now.
    ///
    /// A value outside the sensor's range becomes [`Fault::Implausible`]. After a fault the last
    /// believed reading stays in the [`SensorTable::status`], but [`SensorTable::read`] fails.
    pub fn publish(&self, name: &str, outcome: Result<Value, Fault>) -> Result<(), SensorError> {
        let id = self.id(name)?;
        self.publish_id(id, outcome);
        Ok(())
    }

    /// [`SensorTable::publish`] without the search for the name.
    pub fn publish_id(&self, id: SensorId, outcome: Result<Value, Fault>) {
        let now = self.now();
        // Held while history is written, so that both keep the same order.
        let mut slot = self.slot(id);
        if let Some(value) = slot.publish(outcome, now) {
            self.shared.history.record(id, now.wall, value.as_f64());
        }
    }

    /// [`SensorTable::publish_id`] of what was measured at some earlier moment; one in the future is
    /// taken for now.
    pub fn publish_measured(&self, id: SensorId, value: Value, at: DateTime<Utc>) {
        let moment = self.moment_of(at);
        let mut slot = self.slot(id);
        if let Some(value) = slot.publish(Ok(value), moment) {
            self.shared.history.record(id, moment.wall, value.as_f64());
        }
    }

    /// [`SensorTable::confirm_id`] by what was measured at some earlier moment.
    pub fn confirm_measured(&self, id: SensorId, at: DateTime<Utc>) -> bool {
        let moment = self.moment_of(at);
        self.slot(id).confirm(moment)
    }

    /// Makes the last published value as fresh as one of now, without an event and without a place
    /// in the history. False when there is none that still holds: then a value must be published.
    pub fn confirm_id(&self, id: SensorId) -> bool {
        let now = self.now();
        self.slot(id).confirm(now)
    }

    /// The sensor's value, if it can be believed now.
    pub fn read(&self, name: &str) -> Result<Reading, SensorError> {
        let table = self.table_of(name);
        table.read_id(table.id(name)?)
    }

    /// [`SensorTable::read`] without the search for the name.
    pub fn read_id(&self, id: SensorId) -> Result<Reading, SensorError> {
        let monotonic = self.now().monotonic;
        self.slot(id).read(monotonic).map_err(|fault| SensorError::Fault {
            sensor: self.shared.names.name(id).clone(),
            fault,
        })
    }

    /// All that is known about one sensor.
    pub fn status(&self, name: &str) -> Result<SensorStatus, SensorError> {
        let table = self.table_of(name);
        let id = table.id(name)?;
        Ok(table.slot(id).status(table.now().monotonic))
    }

    /// All that is known about every sensor, in the order of the site file, and of the other
    /// sites' that have been heard of or asked for.
    pub fn all(&self) -> Vec<SensorStatus> {
        let monotonic = self.now().monotonic;
        let own = self.shared.names.ids().map(|id| self.slot(id).status(monotonic));
        own.chain(self.peers().iter().flat_map(SensorTable::all)).collect()
    }

    fn peers(&self) -> Vec<SensorTable> {
        self.shared.peers.get().map(Peers::all).unwrap_or_default()
    }

    /// Events of these sensors from now on. What is already so is not repeated: ask
    /// [`SensorTable::read`] after subscribing.
    ///
    /// Events wait in memory until they are received.
    pub fn subscribe(
        &self,
        names: &[impl AsRef<str>],
    ) -> Result<UnboundedReceiver<SensorEvent>, SensorError> {
        let (listener, events) = mpsc::unbounded_channel();
        for name in names {
            let table = self.table_of(name.as_ref());
            table.slot(table.id(name.as_ref())?).listen(listener.clone());
        }
        Ok(events)
    }

    /// Events of every sensor from now on.
    pub fn subscribe_all(&self) -> UnboundedReceiver<SensorEvent> {
        self.listen(self.shared.names.ids())
    }

    /// Shows every event from now on to a function that must not wait, nor ask the table: no task
    /// has to be woken for it.
    pub fn observe_all(&self, observer: impl Fn(&SensorEvent) + Send + Sync + 'static) {
        let observer = Arc::new(observer);
        for id in self.shared.names.ids() {
            self.slot(id).observe(observer.clone());
        }
    }

    /// Sends the fault events of the sensors that have become too old. To be called every second
    /// or so; [`SensorTable::read`] does not depend on it.
    pub fn check_stale(&self) {
        let now = self.now();
        for id in self.shared.names.ids() {
            self.slot(id).check_stale(now);
        }
        self.peers().iter().for_each(SensorTable::check_stale);
    }

    /// For how long [`SensorTable::check_stale`] has nothing to tell; `None` without sensors.
    pub fn until_stale(&self) -> Option<Duration> {
        let now = self.now().monotonic;
        self.shared.names.ids().map(|id| self.slot(id).until_stale(now)).min()
    }

    /// What the sensors said before.
    pub fn history(&self) -> &History {
        &self.shared.history
    }

    fn listen(&self, ids: impl Iterator<Item = SensorId>) -> UnboundedReceiver<SensorEvent> {
        let (listener, events) = mpsc::unbounded_channel();
        for id in ids {
            self.slot(id).listen(listener.clone());
        }
        events
    }

    /// A moment of the wall clock on both clocks; one in the future is taken for now.
    fn moment_of(&self, at: DateTime<Utc>) -> Moment {
        let now = self.now();
        let age = (now.wall - at).to_std().unwrap_or_default();
        Moment { wall: at.min(now.wall), monotonic: now.monotonic.saturating_sub(age) }
    }

    fn now(&self) -> Moment {
        let (wall, monotonic) = self.shared.clock.both();
        Moment { wall, monotonic: LONG_RUNNING + monotonic }
    }

    fn slot(&self, id: SensorId) -> MutexGuard<'_, Slot> {
        // A slot is whole after every statement, so a panic elsewhere does not spoil it.
        self.shared.slots[id.0].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc::error::TryRecvError;

    use super::*;
    use crate::sensor::{Quality, testing::settings};

    const HEAT: &str = "closet/temperature";

    fn table() -> (SensorTable, Clock) {
        let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
        let mut heat = settings(HEAT);
        heat.range = Some((-20.0, 110.0));
        heat.max_age = Duration::from_secs(60);
        let door = settings("closet/door");
        (SensorTable::new(&[heat, door], clock.clone()), clock)
    }

    fn number(value: f64) -> Result<Value, Fault> {
        Ok(Value::Number(value))
    }

    fn failing() -> Fault {
        Fault::Failing { message: "no answer".into() }
    }

    fn fault_of(table: &SensorTable) -> Option<Fault> {
        match table.read(HEAT) {
            Ok(_) => None,
            Err(SensorError::Fault { fault, .. }) => Some(fault),
            Err(other) => panic!("{other}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_fresh_plausible_value_is_believed() {
        let (table, clock) = table();
        assert_eq!(fault_of(&table), Some(Fault::Nothing));

        table.publish(HEAT, number(21.5)).unwrap();
        assert_eq!(table.read(HEAT).unwrap().value, Value::Number(21.5));

        table.publish(HEAT, number(-127.0)).unwrap();
        assert_eq!(
            fault_of(&table),
            Some(Fault::Implausible { value: -127.0, low: -20.0, high: 110.0 })
        );

        table.publish(HEAT, number(22.0)).unwrap();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(fault_of(&table), None, "as old as `max_age` is still fresh");
        clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(fault_of(&table), Some(Fault::Stale { age_s: 61, max_age_s: 60 }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_of_the_wall_clock_makes_nothing_stale() {
        let (table, clock) = table();
        table.publish(HEAT, number(21.5)).unwrap();
        clock.jump(chrono::TimeDelta::days(20_000));
        assert_eq!(fault_of(&table), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_believed_reading_stays_on_show() {
        let (table, clock) = table();
        table.publish(HEAT, number(21.5)).unwrap();
        clock.sleep(Duration::from_secs(5)).await;
        table.publish(HEAT, Err(failing())).unwrap();

        let status = table.status(HEAT).unwrap();
        assert_eq!(status.reading.unwrap().value, Value::Number(21.5));
        assert_eq!(status.age, Some(Duration::from_secs(5)));
        assert_eq!((status.quality, status.fault), (Quality::Failing, Some(failing())));
        let names: Vec<_> = table.all().into_iter().map(|each| each.name).collect();
        assert_eq!(names, [Arc::from(HEAT), Arc::from("closet/door")]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_is_told_once_until_the_sensor_recovers() {
        let (table, clock) = table();
        let mut events = table.subscribe(&[HEAT]).unwrap();
        table.publish(HEAT, number(21.0)).unwrap();
        table.publish("closet/door", Ok(Value::Switch(true))).unwrap();
        clock.sleep(Duration::from_secs(61)).await;
        table.check_stale();
        table.check_stale();
        table.publish(HEAT, Err(failing())).unwrap();
        table.publish(HEAT, number(22.0)).unwrap();
        table.publish(HEAT, Err(failing())).unwrap();
        drop(table);

        let mut told = Vec::new();
        loop {
            match events.try_recv() {
                Ok(SensorEvent::Reading(reading)) => told.push(reading.value.to_string()),
                Ok(SensorEvent::Fault { fault, .. }) => told.push(fault.to_string()),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => panic!("the table is gone"),
            }
        }
        let stale = "stale: last read 61 s ago, `max_age` is 60 s";
        assert_eq!(told, ["21", stale, "22", "no answer"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sensor_that_never_spoke_is_told_after_max_age() {
        let (table, clock) = table();
        let mut events = table.subscribe(&[HEAT]).unwrap();
        table.check_stale();
        assert_eq!(events.try_recv(), Err(TryRecvError::Empty));
        clock.sleep(Duration::from_secs(61)).await;
        table.check_stale();
        let event = events.try_recv().unwrap();
        assert!(matches!(event, SensorEvent::Fault { fault: Fault::Nothing, .. }), "{event:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_site_files_unit_stands_above_the_drivers() {
        let mut renamed = settings("a");
        renamed.unit = Some("K".into());
        let clock = Clock::simulated(chrono::DateTime::UNIX_EPOCH, 1.0);
        let table = SensorTable::new(&[renamed, settings("b")], clock);
        for name in ["a", "b"] {
            table.declare_unit(table.id(name).unwrap(), "°C");
            table.publish(name, number(1.0)).unwrap();
        }
        assert_eq!(&*table.read("a").unwrap().unit, "K");
        assert_eq!(&*table.read("b").unwrap().unit, "°C");
    }
}
