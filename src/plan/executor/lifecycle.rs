//! Start, stop and restart: set it going, then wait until it is so.

use std::time::Duration;

use super::{Executor, Run};
use crate::{
    host::{Host, HostKind, How},
    plan::{Done, Failure, FailureKind, HostAct, Power},
};

/// Between two looks at a host that is on its way up or down.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A host that is being waited for is started again this often: a wake packet may get lost.
const START_AGAIN_EVERY: Duration = Duration::from_secs(30);
/// A host that refuses all visitors for so long after it was told to stop is gone, unless it is a
/// machine of its own: then nothing comes from it any more.
const SETTLES_WITHIN: Duration = Duration::from_secs(20);
/// A host that was told to restart must have stopped answering within this time.
const AWAY_WITHIN: Duration = Duration::from_secs(120);
/// The world has its own deadlines, with better words; this much later the executor gives up on it.
const SLACK: Duration = Duration::from_secs(30);
/// Waits before the second and the third attempt to reach a host.
const RETRIES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];

impl Executor {
    /// One act, bounded on the agent's clock whatever the world does.
    pub(super) async fn do_to(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        self.bounded(host, act, host.command_within).await
    }

    pub(super) async fn bounded(
        &self,
        host: &Host,
        act: &HostAct,
        within: Duration,
    ) -> Result<Done, Failure> {
        let within = within.saturating_add(SLACK);
        match self.clock.timeout(within, self.world.act(host, act)).await {
            Ok(result) => result,
            Err(elapsed) => Err(timed_out(format!("{}: {elapsed}", act.name()))),
        }
    }

    pub(super) async fn start(&self, run: &Run, host: &Host) -> Result<Done, Failure> {
        if self.probe(host).await == Ok(Power::Up) {
            return Ok(Done::default());
        }
        self.may_switch(run, host, true).await?;
        let done = self.do_to(host, &HostAct::Start).await?;
        self.until_up(host, true).await?;
        self.news.tell(&host.name, Power::Up, How::Done);
        Ok(Done { changed: true, ..done })
    }

    pub(super) async fn stop(&self, run: &Run, host: &Host) -> Result<Done, Failure> {
        if self.probe(host).await == Ok(Power::Down) {
            return Ok(Done::default());
        }
        self.may_switch(run, host, false).await?;
        let done = self.do_to(host, &HostAct::Stop).await?;
        self.until_gone(host).await?;
        self.news.tell(&host.name, Power::Down, How::Done);
        Ok(Done { changed: true, ..done })
    }

    pub(super) async fn restart(&self, run: &Run, host: &Host) -> Result<Done, Failure> {
        self.may_switch(run, host, false).await?;
        let done = self.do_to(host, &HostAct::Restart).await?;
        // Where a command tells the state (a service, say), the restart may be over before anyone
        // looks; its exit code vouches for it. So does a hypervisor's answer.
        let may_be_missed = host.commands.state.is_some() || host.kind.is_virtual();
        if !may_be_missed && !self.look(host, AWAY_WITHIN, |power| *power != Ok(Power::Up)).await {
            return Err(timed_out(format!(
                "did not go down within {} of being told to restart",
                crate::clock::format_duration(AWAY_WITHIN)
            )));
        }
        self.news.tell(&host.name, Power::Down, How::Done);
        self.until_up(host, false).await?;
        self.news.tell(&host.name, Power::Up, How::Done);
        Ok(Done { changed: true, ..done })
    }

    /// Makes the machine; one that is there already is only started. Whatever goes wrong on the way,
    /// the world leaves nothing behind.
    pub(super) async fn create(
        &self,
        run: &Run,
        host: &Host,
        template: &str,
    ) -> Result<Done, Failure> {
        if self.probe(host).await == Ok(Power::Up) {
            return Ok(Done::default());
        }
        self.may_switch(run, host, true).await?;
        let act = HostAct::Create { template: template.to_owned() };
        // An image is copied first, and the machine must have come up at the end.
        let done = self.bounded(host, &act, host.command_within + host.start_within).await?;
        self.until_up(host, false).await?;
        Ok(Done { changed: true, ..done })
    }

    /// Deletes the machine, if it is one that may be deleted.
    pub(super) async fn destroy(&self, run: &Run, host: &Host) -> Result<Done, Failure> {
        if !host.allow_destroy {
            let message = format!(
                "not destroyed: it needs `allow_destroy = true` in its [hosts.{}]",
                host.name
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        if self.probe(host).await == Ok(Power::Up) {
            self.may_switch(run, host, false).await?;
        }
        let done = self.do_to(host, &HostAct::Destroy).await?;
        self.news.tell(&host.name, Power::Down, How::Done);
        Ok(done)
    }

    /// The packet alone; a host that is known to be up is not switched by it.
    pub(super) async fn wake(&self, run: &Run, host: &Host) -> Result<Done, Failure> {
        if self.news.believed(&host.name).is_none_or(|known| known.power == Power::Down) {
            self.may_switch(run, host, true).await?;
        }
        self.do_to(host, &HostAct::Wake).await
    }

    /// Waits until nothing comes from the host any more. One that refuses its visitors still runs,
    /// as a rule; behind a port that somebody else's machine holds for it, it may look so for ever.
    async fn until_gone(&self, host: &Host) -> Result<(), Failure> {
        let mut refuses_since = None;
        let mut last = Ok(Power::Up);
        let is_gone = |power: &Result<Power, Failure>| {
            last = power.clone();
            if power.is_ok() {
                refuses_since = None;
                return *power == Ok(Power::Down);
            }
            let now = self.clock.monotonic();
            let since = *refuses_since.get_or_insert(now);
            host.kind != HostKind::Physical && now - since >= SETTLES_WITHIN
        };
        if self.look(host, host.stop_within, is_gone).await {
            return Ok(());
        }
        let within = crate::clock::format_duration(host.stop_within);
        Err(timed_out(match last {
            Err(why) => format!(
                "whether it is gone {within} after it was told to stop (`stop_within`) cannot be \
                 known: {why}"
            ),
            Ok(_) => format!("still up {within} after it was told to stop (`stop_within`)"),
        }))
    }

    /// Does it, and tries again when the host could not be reached at all.
    pub(super) async fn act_patiently(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        for wait in RETRIES {
            match self.do_to(host, act).await {
                Err(failure) if failure.kind == FailureKind::Unreachable => {
                    self.clock.sleep(wait).await;
                }
                result => return result,
            }
        }
        self.do_to(host, act).await
    }

    async fn until_up(&self, host: &Host, start_again: bool) -> Result<(), Failure> {
        let deadline = self.clock.monotonic() + host.start_within;
        loop {
            let slice = if start_again { START_AGAIN_EVERY } else { host.start_within };
            let left = deadline.saturating_sub(self.clock.monotonic());
            if self.look(host, slice.min(left), |power| *power == Ok(Power::Up)).await {
                return Ok(());
            }
            if self.clock.monotonic() >= deadline {
                return Err(timed_out(format!(
                    "does not answer {} after it was started (`start_within`)",
                    crate::clock::format_duration(host.start_within)
                )));
            }
            if start_again && host.commands.start.is_none() {
                // Best effort: the first start went well, and the deadline stands.
                let _ = self.do_to(host, &HostAct::Start).await;
            }
        }
    }

    /// Looks at the host until it is as wanted; false when the time is over first.
    async fn look(
        &self,
        host: &Host,
        within: Duration,
        mut wanted: impl FnMut(&Result<Power, Failure>) -> bool,
    ) -> bool {
        let deadline = self.clock.monotonic() + within;
        loop {
            if wanted(&self.probe(host).await) {
                return true;
            }
            let left = deadline.saturating_sub(self.clock.monotonic());
            if left.is_zero() {
                return false;
            }
            self.clock.sleep(LOOK_EVERY.min(left)).await;
        }
    }
}

fn timed_out(message: String) -> Failure {
    Failure::new(FailureKind::TimedOut, message)
}
