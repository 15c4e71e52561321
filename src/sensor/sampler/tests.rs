use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, mpsc},
};

use tokio::sync::mpsc::UnboundedReceiver;

use super::*;
use crate::{
    hal::Board,
    sensor::{SensorEvent, testing::settings},
    tasks,
};

type Outcomes = VecDeque<Result<f64, ReadError>>;

/// Says what it is told to, the last of it for ever, and notes when it was asked.
struct Scripted {
    outcomes: Outcomes,
    asked: Arc<Mutex<Vec<Duration>>>,
    clock: Clock,
}

impl Driver for Scripted {
    fn unit(&self) -> &str {
        "°C"
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        self.asked.lock().unwrap().push(self.clock.monotonic());
        let outcome = match self.outcomes.len() {
            1 => self.outcomes[0].clone(),
            _ => self.outcomes.pop_front().unwrap(),
        };
        outcome.map(Value::Number)
    }
}

struct Bench {
    events: UnboundedReceiver<SensorEvent>,
    asked: Arc<Mutex<Vec<Duration>>>,
    stop: watch::Sender<bool>,
}

impl Bench {
    /// A sampler at work, at a clock that has run for 3 s.
    async fn start(
        outcomes: impl IntoIterator<Item = Result<f64, ReadError>>,
        settings: SensorSettings,
    ) -> Bench {
        let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
        clock.sleep(Duration::from_secs(3)).await;
        let table = SensorTable::new(std::slice::from_ref(&settings), clock.clone());
        let events = table.subscribe_all();
        let asked = Arc::<Mutex<Vec<Duration>>>::default();
        let outcomes = outcomes.into_iter().collect();
        let driver = Scripted { outcomes, asked: asked.clone(), clock: clock.clone() };
        let (stop, stopped) = watch::channel(false);
        let sampler =
            Sampler::with_driver(&settings, Box::new(driver), &table, &clock, Reads::Inline);
        tasks::spawn(sampler.unwrap().run(stopped));
        Bench { events, asked, stop }
    }

    async fn next(&mut self) -> String {
        match self.events.recv().await.expect("the table lives in the sampler") {
            SensorEvent::Reading(reading) => format!("{}{}", reading.value, reading.unit),
            SensorEvent::Fault { fault, .. } => fault.to_string(),
        }
    }

    fn asked_at_ms(&self) -> Vec<u128> {
        self.asked.lock().unwrap().iter().map(Duration::as_millis).collect()
    }
}

fn transient() -> Result<f64, ReadError> {
    Err(ReadError::Transient("no answer".into()))
}

fn permanent() -> Result<f64, ReadError> {
    Err(ReadError::Permanent("unplugged".into()))
}

#[tokio::test(start_paused = true)]
async fn reads_at_once_and_then_at_even_times_until_it_is_stopped() {
    let mut bench = Bench::start([Ok(20.0), Ok(21.0), Ok(22.0)], settings("x")).await;
    for expected in ["20°C", "21°C", "22°C"] {
        assert_eq!(bench.next().await, expected);
    }
    assert_eq!(bench.asked_at_ms(), [3_000, 10_000, 20_000]);
    bench.stop.send(true).unwrap();
    assert_eq!(bench.events.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_passing_error_is_tried_again_and_not_told() {
    let mut bench = Bench::start([transient(), transient(), Ok(20.0)], settings("x")).await;
    assert_eq!(bench.next().await, "20°C");
    assert_eq!(bench.asked_at_ms(), [3_000, 3_100, 3_500]);
}

#[tokio::test(start_paused = true)]
async fn what_the_owner_must_mend_waits_for_the_next_turn() {
    let mut bench = Bench::start([permanent(), Ok(20.0)], settings("x")).await;
    assert_eq!(bench.next().await, "unplugged");
    assert_eq!(bench.next().await, "20°C");
    assert_eq!(bench.asked_at_ms(), [3_000, 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_sensor_is_asked_less_often_and_heals() {
    let outcomes = (0..9).map(|_| permanent()).chain([Ok(20.0), Ok(21.0)]);
    let mut bench = Bench::start(outcomes, settings("x")).await;
    for expected in ["unplugged", "20°C", "21°C"] {
        assert_eq!(bench.next().await, expected);
    }
    let seconds: Vec<_> = bench.asked_at_ms().iter().map(|ms| ms / 1000).collect();
    assert_eq!(seconds, [3, 10, 20, 30, 40, 60, 80, 160, 320, 600, 610]);
}

#[tokio::test(start_paused = true)]
async fn an_absurd_value_never_enters_a_mean() {
    let mut smoothed = settings("x");
    smoothed.smooth = Some("mean 3".into());
    smoothed.range = Some((-20.0, 110.0));
    let absurd = [Ok(-127.0), Ok(-127.0), Ok(-127.0)];
    let outcomes = [Ok(20.0), Ok(22.0)].into_iter().chain(absurd).chain([Ok(30.0)]);
    let mut bench = Bench::start(outcomes, smoothed).await;
    assert_eq!(bench.next().await, "20°C");
    assert_eq!(bench.next().await, "21°C");
    assert_eq!(bench.next().await, "implausible: -127 is outside the range -20 to 110");
    assert_eq!(bench.next().await, "30°C");
}

#[tokio::test(start_paused = true)]
async fn a_small_change_is_confirmed_and_not_published() {
    let mut quiet = settings("x");
    quiet.filters.delta = Some(1.0);
    quiet.max_age = Duration::from_secs(15);
    let outcomes = [Ok(20.0), Ok(20.5), Ok(20.6), Ok(20.7), Ok(21.5), permanent(), Ok(21.6)];
    let mut bench = Bench::start(outcomes, quiet).await;
    // The confirmed values keep it from being stale; a recovery is always published.
    for expected in ["20°C", "21.5°C", "unplugged", "21.6°C"] {
        assert_eq!(bench.next().await, expected);
    }
    assert_eq!(bench.asked_at_ms().len(), 7);
}

/// Hangs until it is told to go on, then says how often it was asked.
struct Hanging {
    go_on: mpsc::Receiver<()>,
    asked: f64,
}

impl Driver for Hanging {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        self.asked += 1.0;
        // Once its sender is gone it hangs no more.
        let _ = self.go_on.recv();
        Ok(Value::Number(self.asked))
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_read_slows_no_other_sensor_and_starts_no_second_read() {
    let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
    let both = [settings("hangs"), settings("works")];
    let table = SensorTable::new(&both, clock.clone());
    let mut events = table.subscribe(&["hangs"]).unwrap();
    let (release, go_on) = mpsc::channel();
    let hanging = Box::new(Hanging { go_on, asked: 0.0 });
    let asked = Arc::<Mutex<Vec<Duration>>>::default();
    let working =
        Scripted { outcomes: [Ok(20.0)].into(), asked: asked.clone(), clock: clock.clone() };
    let (_stop, stopped) = watch::channel(false);
    let beside = Reads::Beside;
    let hangs = Sampler::with_driver(&both[0], hanging, &table, &clock, beside).unwrap();
    let works = Sampler::with_driver(&both[1], Box::new(working), &table, &clock, Reads::Inline);
    tasks::spawn(hangs.run(stopped.clone()));
    tasks::spawn(works.unwrap().run(stopped));

    // Time does not pass by itself while a blocking thread is at work.
    for _ in 0..60 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let fault = events.try_recv().unwrap();
    assert!(
        matches!(&fault, SensorEvent::Fault { fault: Fault::Failing { message }, .. }
            if message.contains("the device hangs")),
        "{fault:?}"
    );
    assert!(asked.lock().unwrap().len() >= 6, "{asked:?}");

    drop(release);
    let SensorEvent::Reading(reading) = events.recv().await.unwrap() else { panic!() };
    assert_eq!(reading.value, Value::Number(2.0), "the hung read's own value is too old");
}

#[tokio::test(start_paused = true)]
async fn what_a_device_says_by_itself_is_published_at_once() {
    let hal = Hal::simulated(&Board::named("simulated").unwrap(), Arc::new(|_: &str| None));
    let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
    let mut settings = settings("door");
    settings.driver = "gpio".into();
    settings.options = crate::sensor::testing::options("pin = 'GPIO4'");
    let table = SensorTable::new(std::slice::from_ref(&settings), clock.clone());
    let mut events = table.subscribe_all();
    let sampler = Sampler::new(&settings, &hal, &table, &clock, Reads::Inline).unwrap();
    let (_stop, stopped) = watch::channel(false);
    tasks::spawn(sampler.run(stopped));
    let mut heard = async || match events.recv().await.unwrap() {
        SensorEvent::Reading(reading) => (clock.monotonic().as_secs(), reading.value.as_f64()),
        fault => panic!("{fault:?}"),
    };

    assert_eq!(heard().await, (0, 0.0));
    let lines = hal.lines().simulation().unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    lines.pull("GPIO4", true);
    lines.pull("GPIO4", false);
    assert_eq!(heard().await, (3, 1.0));
    assert_eq!(heard().await, (3, 0.0), "the shortest touch is told");
    assert_eq!(heard().await, (10, 0.0), "and it is read at its turns all the same");
}

#[tokio::test(start_paused = true)]
async fn the_simulated_thermometer_warms_up_and_vanishes() {
    let celsius = Arc::new(Mutex::new(Some(71.25)));
    let felt = celsius.clone();
    let environment = Arc::new(move |_: &str| *felt.lock().unwrap());
    let hal = Hal::simulated(&Board::named("simulated").unwrap(), environment);
    let clock = Clock::simulated("2026-06-01T12:00:00Z".parse().unwrap(), 1.0);
    let mut settings = settings("closet/temperature");
    settings.driver = "mcp9808".into();
    let table = SensorTable::new(std::slice::from_ref(&settings), clock.clone());
    let mut sampler = Sampler::new(&settings, &hal, &table, &clock, Reads::Inline).unwrap();

    sampler.sample().await;
    let reading = table.read("closet/temperature").unwrap();
    assert_eq!(format!("{} {}", reading.value, reading.unit), "71.25 °C");

    *celsius.lock().unwrap() = None;
    sampler.sample().await;
    assert_eq!(
        table.read("closet/temperature").unwrap_err().to_string(),
        "`closet/temperature` has no value: mcp9808 at 0x18 on i2c-1: no answer: \
         check the wiring, the power and the address"
    );
}
