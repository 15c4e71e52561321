//! Starting and stopping virtual machines.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Machines, ShutdownBy, machines::Found, rpc::message::DomainState};
use crate::{
    host::Host,
    plan::{Done, Failure, FailureKind},
};

/// Between two looks at a machine that shuts down; a look takes less than a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A machine that has not obeyed is asked again after this time, and in the other way, too: an
/// operating system that is still booting hears nothing.
const ASK_AGAIN: Duration = Duration::from_secs(15);
/// After its power was cut a machine is gone within this time.
const CUT_WITHIN: Duration = Duration::from_secs(30);

impl Machines {
    /// Starts it, wakes it from a pause; one that runs is left alone.
    ///
    /// # Errors
    /// No way to its hypervisor, libvirt's own error, or that it has not been created.
    pub async fn start(&self, host: &Host) -> Result<Done, Failure> {
        let found = self.there(host).await?;
        let state = match found.state(host).await? {
            // It would be gone a moment later.
            DomainState::ShuttingDown => self.until_off(host, &found, host.stop_within).await?,
            state => state,
        };
        let (connection, domain) = (&found.connection, &found.domain);
        let done = match state {
            DomainState::Off => connection.start(domain).await.map(drop),
            DomainState::Crashed => {
                // Kept for its owner to look at; its emulator may still be there.
                if domain.id >= 0 {
                    connection.destroy(domain).await.map_err(|error| found.failed(host, error))?;
                }
                connection.start(domain).await.map(drop)
            }
            DomainState::Paused | DomainState::Suspended => connection.resume(domain).await,
            _ => return Ok(Done::default()),
        };
        match done {
            Ok(()) => Ok(Done { output: String::new(), changed: true }),
            // Somebody else was quicker.
            Err(_) if is_up(found.state(host).await) => Ok(Done::default()),
            Err(error) => Err(found.failed(host, error)),
        }
    }

    /// Asks it to shut down by its power button, then by the agent inside, and cuts its power after
    /// `force_after`. Returns once it is off.
    ///
    /// # Errors
    /// Like [`Machines::start`]; one that must not be forced and does not obey.
    pub async fn stop(&self, host: &Host) -> Result<Done, Failure> {
        let Some(found) = self.locate(host).await? else { return Ok(Done::default()) };
        if is_off(found.state(host).await?) {
            return Ok(Done::default());
        }
        let grace = host.force_after.unwrap_or(host.stop_within).min(host.command_within);
        let deadline = Instant::now() + grace;
        // One that was paused could not obey.
        if matches!(found.state(host).await?, DomainState::Paused) {
            found.connection.resume(&found.domain).await.map_err(|e| found.failed(host, e))?;
        }
        while Instant::now() < deadline {
            self.ask_to_stop(host, &found).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if is_off(self.until_off(host, &found, left.min(ASK_AGAIN)).await?) {
                return Ok(Done { output: String::new(), changed: true });
            }
        }
        let seconds = grace.as_secs_f64();
        if host.force_after.is_none() {
            let message = format!(
                "{}: it did not shut down within {seconds:.0} s, and `force_after = \"never\"`",
                host.name
            );
            return Err(Failure::new(FailureKind::TimedOut, message));
        }
        let cut = found.connection.destroy(&found.domain).await;
        let state = self.until_off(host, &found, CUT_WITHIN).await?;
        match cut {
            Ok(()) => {}
            // It went by itself in the last moment.
            Err(_) if is_off(state) => {}
            Err(error) => return Err(found.failed(host, error)),
        }
        let output = format!("it did not shut down within {seconds:.0} s, so its power was cut");
        Ok(Done { output, changed: true })
    }

    /// Off and on again: a machine that is only told to reboot may not listen, and nobody would
    /// notice.
    ///
    /// # Errors
    /// Like [`Machines::stop`] and [`Machines::start`].
    pub async fn restart(&self, host: &Host) -> Result<Done, Failure> {
        let stopped = self.stop(host).await?;
        let started = self.start(host).await?;
        Ok(Done { output: stopped.output, changed: started.changed })
    }

    /// The host's domain, which must be there.
    pub(super) async fn there(&self, host: &Host) -> Result<Found, Failure> {
        self.locate(host).await?.ok_or_else(|| {
            let name = &host.name;
            let message = format!(
                "{name}: there is no such machine yet: create(hosts(\"{name}\"), \"TEMPLATE\") \
                 makes it"
            );
            Failure::new(FailureKind::NotConfigured, message)
        })
    }

    /// By every way that the driver knows. Only that none of them was taken is a failure.
    async fn ask_to_stop(&self, host: &Host, found: &Found) -> Result<(), Failure> {
        let (connection, domain) = (&found.connection, &found.domain);
        let mut result = connection.shutdown(domain, ShutdownBy::Acpi).await;
        if result.as_ref().is_err_and(super::Error::is_unsupported) {
            result = connection.shutdown(domain, ShutdownBy::Any).await;
        }
        match result {
            Ok(()) => {}
            Err(error) if error.is_connection() => return Err(found.failed(host, error)),
            Err(_) if is_off(found.state(host).await?) => return Ok(()),
            // The agent may still do it, and the end of the grace time will.
            Err(error) => tracing::debug!("{}: {error}", host.name),
        }
        let quickly = self.until_off(host, found, LOOK_EVERY * 8).await?;
        if !is_off(quickly)
            && let Err(error) = connection.shutdown(domain, ShutdownBy::Agent).await
        {
            tracing::debug!("{}: the agent inside: {error}", host.name);
        }
        Ok(())
    }

    /// Looks until it is off or the time is over, and says how it is.
    async fn until_off(
        &self,
        host: &Host,
        found: &Found,
        within: Duration,
    ) -> Result<DomainState, Failure> {
        let deadline = Instant::now() + within;
        loop {
            // One that was only started, and never defined, is gone altogether when it is off.
            let state = match found.connection.state(&found.domain).await {
                Err(error) if error.code() == Some(super::error::code::NO_DOMAIN) => {
                    DomainState::Off
                }
                state => state.map_err(|error| found.failed(host, error))?,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if is_off(state) || left.is_zero() {
                return Ok(state);
            }
            sleep(LOOK_EVERY.min(left)).await;
        }
    }
}

fn is_off(state: DomainState) -> bool {
    matches!(state, DomainState::Off | DomainState::Crashed)
}

fn is_up(state: Result<DomainState, Failure>) -> bool {
    matches!(state, Ok(DomainState::Running | DomainState::Blocked | DomainState::NoState))
}
