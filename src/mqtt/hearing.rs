//! Sensors that speak over the broker: from a message to a reading that can be believed.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::{
    Bus, Message,
    payload::{self, Heard},
};
use crate::{
    clock::Clock,
    config::SensorSettings,
    sensor::{
        Fault, Filter, OptionError, SensorId, SensorTable, Value, Worth, drivers::mqtt::Source,
        plausible,
    },
};

/// One sensor that is listened to.
pub struct Hearing {
    name: Arc<str>,
    id: SensorId,
    source: Source,
    filter: Filter,
    range: Option<(f64, f64)>,
    max_age: Duration,
    last: Order,
}

impl Hearing {
    /// # Errors
    /// A mistake in the site file.
    pub fn of(settings: &SensorSettings, table: &SensorTable) -> Result<Self, OptionError> {
        let id = table
            .id(&settings.name)
            .map_err(|error| OptionError::new("name", error.to_string()))?;
        Ok(Hearing {
            name: settings.name.clone(),
            id,
            source: Source::of(settings)?,
            filter: Filter::new(settings)?,
            range: settings.range,
            max_age: settings.max_age,
            last: Order::default(),
        })
    }

    fn take(
        &mut self,
        message: &Message,
        table: &SensorTable,
        clock: &Clock,
    ) -> Result<(), String> {
        let heard = payload::hear(&message.payload, &self.source.pointer)?;
        let at = when(&heard, message.retained, self.max_age, clock.now());
        let Some(at) = at.filter(|_| self.last.advances(&heard)) else { return Ok(()) };
        if let Some(unit) = &heard.unit {
            table.declare_unit(self.id, unit);
        }
        // Checked before smoothing too: an absurd value must not hide in a mean.
        match plausible(self.filter.calibrate(heard.value), self.range) {
            Ok(value) => self.publish(value, at, table, clock.monotonic()),
            Err(fault) => self.fail(table, fault),
        }
        Ok(())
    }

    fn publish(
        &mut self,
        value: Value,
        at: DateTime<Utc>,
        table: &SensorTable,
        monotonic: Duration,
    ) {
        let value = self.filter.settle(value, monotonic);
        let worth = self.filter.weigh(value, monotonic);
        if worth != Worth::Confirm || !table.confirm_measured(self.id, at) {
            table.publish_measured(self.id, value, at);
        }
    }

    fn fail(&mut self, table: &SensorTable, fault: Fault) {
        self.filter.reset();
        table.publish_id(self.id, Err(fault));
    }
}

/// When the value was measured; `None` if it is too old, or nobody knows how old it is. What comes
/// live and without a time is of now.
pub(super) fn when(
    heard: &Heard,
    retained: bool,
    max_age: Duration,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    match heard.at {
        Some(at) => ((now - at).to_std().unwrap_or_default() <= max_age).then_some(at),
        None => (!retained).then_some(now),
    }
}

/// Keeps a value that was delivered twice from counting twice, and an older one from following a
/// newer one.
#[derive(Default)]
pub(super) struct Order {
    seq: Option<u64>,
    at: Option<DateTime<Utc>>,
}

impl Order {
    pub fn advances(&mut self, heard: &Heard) -> bool {
        let later = match (self.at, heard.at) {
            (Some(last), Some(at)) => at > last,
            _ => true,
        };
        // A sender that was set up anew counts from one again, but its time goes on.
        let is_new = match (self.seq, heard.seq) {
            (Some(last), Some(seq)) => seq > last || (later && heard.at.is_some()),
            _ => later,
        };
        if is_new {
            (self.seq, self.at) = (heard.seq, heard.at);
        }
        is_new
    }
}

/// Listens to one sensor for as long as the agent runs.
pub async fn hear_all(mut hearing: Hearing, bus: Bus, table: SensorTable, clock: Clock) {
    let mut inbox = bus.listen(&hearing.source.topic);
    while let Some(message) = inbox.recv().await {
        if let Err(why) = hearing.take(&message, &table, &clock) {
            let why = format!("{} has no value: {why}", hearing.name);
            bus.complaints().drop_message(&message.topic, &why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::testing::{options, settings};

    fn bench(extra: &str) -> (Hearing, SensorTable, Clock) {
        let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
        let mut settings = settings("attic/temperature");
        settings.options = options(&format!("topic = 'a'\n{extra}"));
        settings.range = Some((-20.0, 60.0));
        settings.offset = 1.0;
        let table = SensorTable::new(std::slice::from_ref(&settings), clock.clone());
        (Hearing::of(&settings, &table).unwrap(), table, clock)
    }

    fn say(
        bench: &mut (Hearing, SensorTable, Clock),
        payload: &str,
        retained: bool,
    ) -> Option<Value> {
        let (hearing, table, clock) = bench;
        let message = Message { topic: "a".into(), payload: payload.into(), retained };
        hearing.take(&message, table, clock).unwrap();
        table.read("attic/temperature").ok().map(|reading| reading.value)
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_value_is_not_taken_for_a_fresh_one() {
        let mut bench = bench("");
        assert_eq!(say(&mut bench, "20", true), None, "retained, of unknown age");
        assert_eq!(say(&mut bench, r#"{"value":20,"at":"2026-06-01T11:58:00Z"}"#, true), None);
        let fresh = r#"{"value":20,"at":"2026-06-01T11:59:30Z"}"#;
        assert_eq!(say(&mut bench, fresh, true), Some(Value::Number(21.0)));
        bench.2.sleep(Duration::from_secs(31)).await;
        assert!(bench.1.read("attic/temperature").is_err(), "its age counts from its own time");
        assert_eq!(say(&mut bench, "22", false), Some(Value::Number(23.0)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_twice_counts_once() {
        let mut bench = bench("");
        let mut events = bench.1.subscribe_all();
        for (seq, at) in
            [(1, "12:00:00"), (1, "12:00:00"), (2, "12:00:01"), (1, "12:00:00"), (1, "12:00:02")]
        {
            let payload = format!(r#"{{"value":{seq},"at":"2026-06-01T{at}Z","seq":{seq}}}"#);
            say(&mut bench, &payload, false);
        }
        assert_eq!(events.len(), 3);
        events.close();
    }

    #[tokio::test(start_paused = true)]
    async fn an_absurd_value_is_a_fault() {
        let mut bench = bench("");
        assert_eq!(say(&mut bench, "200", false), None);
        assert_eq!(say(&mut bench, "20", false), Some(Value::Number(21.0)));
    }
}
