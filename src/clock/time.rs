//! The one clock: real in the field, virtual in rehearsals and tests.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{runtime::Handle, sync::watch, task, time::Instant};

use super::duration::format_duration;

/// How often a sleeper looks at the system's wall clock again, so that a step of it is noticed.
/// Short, because a board that learns the time after boot has watches waiting for it.
const RECHECK: Duration = Duration::from_secs(10);

/// 2026-01-01. No system's clock is earlier: the oldest compiler that builds this program, Rust
/// 1.95, came out in April 2026. A constant rather than the build's date keeps builds reproducible.
const OLDEST_BUILD: DateTime<Utc> = DateTime::from_timestamp(1_767_225_600, 0).unwrap();

/// 1971-01-01. A rehearsal may replay history that is older than the program, so that only a board
/// that booted in 1970 is told apart.
const OLDEST_SIMULATION: DateTime<Utc> = DateTime::from_timestamp(31_536_000, 0).unwrap();

/// Tells the time and waits for it; clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    created: Instant,
    /// The runtime whose time this clock follows, so that a script's own thread, which stands
    /// outside of it, sees the same paused time.
    runtime: Option<Handle>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    System {
        /// The operating system's wall clock; tests put in one that steps.
        wall: fn() -> DateTime<Utc>,
    },
    Simulated {
        start: DateTime<Utc>,
        speed: f64,
        /// The sum of all jumps so far.
        jumped: watch::Sender<TimeDelta>,
    },
}

/// The limit of [`Clock::timeout`] passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not done within {}", format_duration(*.0))]
pub struct Elapsed(pub Duration);

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Clock::new(Source::System { wall: Utc::now })
    }

    /// A clock that stands at `start` now and runs `speed` times as fast as the tokio runtime in
    /// which it is created: at 1 on a paused runtime it is virtual time, exact to the millisecond;
    /// at 60 on a normal one an hour takes a minute.
    ///
    /// # Panics
    /// When `speed` is not a finite number greater than 0.
    pub fn simulated(start: DateTime<Utc>, speed: f64) -> Self {
        assert!(speed.is_finite() && speed > 0.0, "a clock cannot run at speed {speed}");
        Clock::new(Source::Simulated { start, speed, jumped: watch::Sender::default() })
    }

    fn new(source: Source) -> Self {
        let runtime = Handle::try_current().ok();
        Clock(Arc::new(Inner { created: Instant::now(), runtime, source }))
    }

    /// The wall clock's time. It can jump; to measure, use [`Clock::monotonic`].
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0.source {
            // What has passed does not matter to it.
            Source::System { wall } => wall(),
            Source::Simulated { .. } => self.wall_at(self.monotonic()),
        }
    }

    /// The time since this clock was created. It never jumps, and a simulated clock's runs at the
    /// clock's speed.
    pub fn monotonic(&self) -> Duration {
        let elapsed = self.elapsed();
        match self.speed() {
            // Exact; a float would lose nanoseconds, and a schedule could be reached too early.
            1.0 => elapsed,
            speed => {
                Duration::try_from_secs_f64(elapsed.as_secs_f64() * speed).unwrap_or(Duration::MAX)
            }
        }
    }

    /// [`Clock::now`] and [`Clock::monotonic`] of one moment.
    pub fn both(&self) -> (DateTime<Utc>, Duration) {
        let monotonic = self.monotonic();
        (self.wall_at(monotonic), monotonic)
    }

    fn wall_at(&self, monotonic: Duration) -> DateTime<Utc> {
        match &self.0.source {
            Source::System { wall } => wall(),
            Source::Simulated { start, jumped, .. } => {
                let passed = to_delta(monotonic) + *jumped.borrow();
                start.checked_add_signed(passed).unwrap_or(DateTime::<Utc>::MAX_UTC)
            }
        }
    }

    /// By tokio's time.
    fn elapsed(&self) -> Duration {
        // A task has its runtime's time at hand, and entering the runtime costs more than all the
        // rest of this.
        let outside = task::try_id().is_none();
        let _entered = self.0.runtime.as_ref().filter(|_| outside).map(Handle::enter);
        self.0.created.elapsed()
    }

    fn speed(&self) -> f64 {
        match &self.0.source {
            Source::System { .. } => 1.0,
            Source::Simulated { speed, .. } => *speed,
        }
    }

    /// Waits for this much of the clock's time. Jumps of the wall clock do not matter to it.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep_to(self.monotonic().saturating_add(duration)).await;
    }

    /// Waits until [`Clock::monotonic`] says this.
    pub async fn sleep_to(&self, until: Duration) {
        if self.speed() == 1.0
            && let Some(deadline) = self.0.created.checked_add(until)
        {
            return tokio::time::sleep_until(deadline).await;
        }
        loop {
            let left = until.saturating_sub(self.monotonic());
            if left.is_zero() {
                return;
            }
            self.nap(left).await;
        }
    }

    /// Waits until the wall clock shows `deadline` or later, however it gets there.
    ///
    /// On a simulated clock a jump is noticed at once, on the system's clock within 10 s.
    pub async fn sleep_until(&self, deadline: DateTime<Utc>) {
        let mut jumps = match &self.0.source {
            Source::System { .. } => None,
            Source::Simulated { jumped, .. } => Some(jumped.subscribe()),
        };
        loop {
            let left = (deadline - self.now()).to_std().unwrap_or_default();
            if left.is_zero() {
                return;
            }
            match &mut jumps {
                None => self.nap(left.min(RECHECK)).await,
                Some(jumps) => tokio::select! {
                    biased;
                    // The sender lives in this clock: an error cannot happen while it is borrowed.
                    _ = jumps.changed() => {}
                    () = self.nap(left) => {}
                },
            }
        }
    }

    /// One wait for about `left` of the clock's time; rounding may end it a little early.
    async fn nap(&self, left: Duration) {
        let real = Duration::try_from_secs_f64(left.as_secs_f64() / self.speed());
        let real = if self.speed() == 1.0 { left } else { real.unwrap_or(Duration::MAX) };
        // Never zero, or a loop around this would not give way.
        tokio::time::sleep(real.max(Duration::from_nanos(1))).await;
    }

    /// Waits for `future`, but no longer than `limit` of the clock's time. A future that is ready
    /// in the moment in which the limit passes has made it.
    ///
    /// # Errors
    /// [`Elapsed`] when the limit passed first; the future is dropped then.
    pub async fn timeout<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Elapsed> {
        tokio::select! {
            biased;
            output = future => Ok(output),
            () = self.sleep(limit) => Err(Elapsed(limit)),
        }
    }

    /// Sets a simulated wall clock forwards or backwards. Returns false, and does nothing, on the
    /// system's clock: only the operating system sets that one.
    pub fn jump(&self, by: TimeDelta) -> bool {
        match &self.0.source {
            Source::System { .. } => false,
            Source::Simulated { jumped, .. } => {
                jumped.send_modify(|sum| *sum += by);
                true
            }
        }
    }

    /// Whether the wall clock can be right. A Pi has no clock that runs on without power: it boots
    /// in 1970, or at the moment that it last wrote down, and learns the time from the network.
    ///
    /// `newest_known` is the newest moment that the store has seen; time does not run backwards.
    pub fn is_trusted(&self, newest_known: DateTime<Utc>) -> bool {
        self.now() >= self.earliest_believable(newest_known)
    }

    /// Waits until [`Clock::is_trusted`].
    pub async fn wait_trusted(&self, newest_known: DateTime<Utc>) {
        self.sleep_until(self.earliest_believable(newest_known)).await;
    }

    fn earliest_believable(&self, newest_known: DateTime<Utc>) -> DateTime<Utc> {
        let floor = match &self.0.source {
            Source::System { .. } => OLDEST_BUILD,
            Source::Simulated { .. } => OLDEST_SIMULATION,
        };
        floor.max(newest_known)
    }
}

fn to_delta(duration: Duration) -> TimeDelta {
    TimeDelta::nanoseconds(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a test's own date")
    }

    fn noon() -> DateTime<Utc> {
        at("2026-06-01T12:00:00Z")
    }

    #[tokio::test(start_paused = true)]
    async fn virtual_time_is_exact() {
        let clock = Clock::simulated(noon(), 1.0);
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now(), at("2026-06-01T12:01:30Z"));
        clock.sleep_until(at("2027-06-01T12:00:00Z")).await;
        assert_eq!(clock.now(), at("2027-06-01T12:00:00Z"));
        assert_eq!(clock.monotonic(), Duration::from_secs(365 * 86_400));
    }

    #[tokio::test(start_paused = true)]
    async fn speed_shortens_the_wait() {
        let clock = Clock::simulated(noon(), 60.0);
        let began = Instant::now();
        clock.sleep_until(at("2026-06-01T13:00:00Z")).await;
        assert_eq!(began.elapsed().as_secs(), 60);
        assert!(clock.now() >= at("2026-06-01T13:00:00Z"));
        assert!(clock.now() < at("2026-06-01T13:00:01Z"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_thread_outside_the_runtime_sees_the_same_time() {
        let clock = Clock::simulated(noon(), 1.0);
        clock.sleep(Duration::from_secs(3600)).await;
        let elsewhere = clock.clone();
        let seen = std::thread::spawn(move || elsewhere.now()).join().expect("the thread ends");
        assert_eq!(seen, clock.now());
    }

    #[tokio::test(start_paused = true)]
    async fn a_jump_moves_the_wall_and_nothing_else() {
        let clock = Clock::simulated(noon(), 1.0);
        let sleeper = crate::tasks::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(at("2026-06-02T12:00:00Z")).await;
                clock.monotonic()
            }
        });
        clock.sleep(Duration::from_secs(60)).await;
        assert!(clock.jump(TimeDelta::days(2)));
        assert_eq!(sleeper.await.expect("the sleeper ends"), Duration::from_secs(60));

        assert!(clock.jump(TimeDelta::days(-3)));
        assert_eq!(clock.now(), at("2026-05-31T12:01:00Z"));
        assert_eq!(clock.monotonic(), Duration::from_secs(60));
        assert!(!Clock::system().jump(TimeDelta::days(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_of_the_systems_clock_is_noticed() {
        static STEP_S: AtomicI64 = AtomicI64::new(0);
        fn stepping() -> DateTime<Utc> {
            noon() + TimeDelta::seconds(STEP_S.load(Ordering::Relaxed))
        }
        let clock = Clock::new(Source::System { wall: stepping });
        let sleeper = crate::tasks::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(noon() + TimeDelta::days(1)).await }
        });
        clock.sleep(Duration::from_secs(60)).await;
        assert!(!sleeper.is_finished());
        STEP_S.store(86_400, Ordering::Relaxed);
        clock.timeout(RECHECK, sleeper).await.expect("the step is seen").expect("no panic");
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_is_on_this_clock_and_favours_the_future() {
        let clock = Clock::simulated(noon(), 60.0);
        let second = Duration::from_secs(1);
        let slow = clock.timeout(60 * second, tokio::time::sleep(2 * second)).await;
        assert_eq!(slow, Err(Elapsed(60 * second)));
        assert_eq!(slow.unwrap_err().to_string(), "not done within 1m");
        assert_eq!(clock.timeout(60 * second, tokio::time::sleep(second)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_board_that_boots_in_1970_waits_for_the_time() {
        let clock = Clock::simulated(DateTime::UNIX_EPOCH, 1.0);
        let newest = noon();
        assert!(!clock.is_trusted(DateTime::UNIX_EPOCH));
        let waiter = crate::tasks::spawn({
            let clock = clock.clone();
            async move { clock.wait_trusted(newest).await }
        });
        clock.sleep(Duration::from_secs(5)).await;
        assert!(!waiter.is_finished());
        clock.jump(newest - clock.now());
        waiter.await.expect("the waiter ends");
        assert!(clock.is_trusted(newest));
        assert!(!clock.is_trusted(newest + TimeDelta::seconds(1)), "earlier than what is stored");
    }
}
