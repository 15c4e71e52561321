//! Start, stop and restart: set it going, then wait until it is so.

use std::time::Duration;

use super::Executor;
use crate::{
    host::Host,
    plan::{Done, Failure, FailureKind, HostAct, Power},
};

/// Between two looks at a host that is on its way up or down.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A host that is being waited for is started again this often: a wake packet may get lost.
const START_AGAIN_EVERY: Duration = Duration::from_secs(30);
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

    pub(super) async fn start(&self, host: &Host) -> Result<Done, Failure> {
        if self.world.probe(host).await == Ok(Power::Up) {
            return Ok(Done::default());
        }
        let done = self.do_to(host, &HostAct::Start).await?;
        self.until_up(host, true).await?;
        Ok(Done { changed: true, ..done })
    }

    pub(super) async fn stop(&self, host: &Host) -> Result<Done, Failure> {
        if self.world.probe(host).await == Ok(Power::Down) {
            return Ok(Done::default());
        }
        let done = self.do_to(host, &HostAct::Stop).await?;
        if !self.look(host, host.stop_within, |power| power != Ok(Power::Up)).await {
            return Err(timed_out(format!(
                "still up {} after it was told to stop (`stop_within`)",
                crate::clock::format_duration(host.stop_within)
            )));
        }
        Ok(Done { changed: true, ..done })
    }

    pub(super) async fn restart(&self, host: &Host) -> Result<Done, Failure> {
        let done = self.do_to(host, &HostAct::Restart).await?;
        // Where a command tells the state (a service, say), the restart may be over before anyone
        // looks; its exit code vouches for it. So does a hypervisor's answer.
        let may_be_missed = host.commands.state.is_some() || host.kind.is_virtual();
        if !may_be_missed && !self.look(host, AWAY_WITHIN, |power| power != Ok(Power::Up)).await {
            return Err(timed_out(format!(
                "did not go down within {} of being told to restart",
                crate::clock::format_duration(AWAY_WITHIN)
            )));
        }
        self.until_up(host, false).await?;
        Ok(Done { changed: true, ..done })
    }

    /// Makes the machine; one that is there already is only started. Whatever goes wrong on the way,
    /// the world leaves nothing behind.
    pub(super) async fn create(&self, host: &Host, template: &str) -> Result<Done, Failure> {
        if self.world.probe(host).await == Ok(Power::Up) {
            return Ok(Done::default());
        }
        let act = HostAct::Create { template: template.to_owned() };
        // An image is copied first, and the machine must have come up at the end.
        let done = self.bounded(host, &act, host.command_within + host.start_within).await?;
        self.until_up(host, false).await?;
        Ok(Done { changed: true, ..done })
    }

    /// Deletes the machine, if it is one that may be deleted.
    pub(super) async fn destroy(&self, host: &Host) -> Result<Done, Failure> {
        if !host.allow_destroy {
            let message = format!(
                "not destroyed: it needs `allow_destroy = true` in its [hosts.{}]",
                host.name
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        self.do_to(host, &HostAct::Destroy).await
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
            if self.look(host, slice.min(left), |power| power == Ok(Power::Up)).await {
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
        wanted: impl Fn(Result<Power, Failure>) -> bool,
    ) -> bool {
        let deadline = self.clock.monotonic() + within;
        loop {
            if wanted(self.world.probe(host).await) {
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
