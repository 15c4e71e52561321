//! Start, stop, restart, wake.

use super::RemoteHosts;
use crate::{
    host::{
        Host, HostKind,
        outcome::{Ending, Outcome},
        root_commands::{POWER_OFF, REBOOT, first_that_works},
        shell,
        ssh::Target,
        thread, wake as wol,
    },
    plan::{Done, Failure, FailureKind, Power},
};

impl RemoteHosts {
    /// By the host's own `start` command, else by Wake-on-LAN.
    pub(super) async fn start(&self, host: &Host) -> Result<Done, Failure> {
        let name = &host.name;
        if host.kind == HostKind::ThisBoard {
            return Ok(Done { output: String::new(), changed: false });
        }
        if let Some(command) = &host.commands.start {
            let place = self.place_of_start(host)?;
            let outcome = self.run(place, command, None, host.start_within).await?;
            return outcome.into_done(name, &format!("its start command on {}", place.name));
        }
        if host.kind.is_virtual() {
            return match self.on_ec2(host).await? {
                Some(found) => self.ec2.start(host, &found).await,
                None => self.machines.start(host).await,
            };
        }
        if host.mac.is_some() {
            return self.wake(host).await;
        }
        let message = format!(
            "{name} cannot be started: add `mac = \"…\"` (Wake-on-LAN), or `start = \"…\"` (and \
             `on`, the host that the command runs on), to [hosts.{name}]"
        );
        Err(Failure::new(FailureKind::NotConfigured, message))
    }

    /// Where the commands `start` and `state` run: on the host that it runs on, else on itself.
    pub(super) fn place_of_start<'a>(&'a self, host: &'a Host) -> Result<&'a Host, Failure> {
        let Some(on) = &host.on else { return Ok(host) };
        self.inventory.get(on).map(AsRef::as_ref).ok_or_else(|| {
            let message = format!("{}: `on = \"{on}\"` is not in the inventory", host.name);
            Failure::new(FailureKind::NotConfigured, message)
        })
    }

    pub(super) async fn stop(&self, host: &Host) -> Result<Done, Failure> {
        if host.kind.is_virtual() && host.commands.stop.is_none() {
            let done = match self.on_ec2(host).await? {
                Some(found) => self.ec2.stop(host, &found).await,
                None => self.machines.stop(host).await,
            };
            self.forget(host).await;
            return done;
        }
        self.send_away(host, host.commands.stop.as_deref(), POWER_OFF, "its stop command").await
    }

    pub(super) async fn restart(&self, host: &Host) -> Result<Done, Failure> {
        if host.kind.is_virtual() && host.commands.restart.is_none() {
            let done = match self.on_ec2(host).await? {
                Some(found) => self.ec2.restart(host, &found).await,
                None => self.machines.restart(host).await,
            };
            self.forget(host).await;
            return done;
        }
        self.send_away(host, host.commands.restart.as_deref(), REBOOT, "its restart command").await
    }

    /// Runs a command that takes the host away. One that goes before it has answered has obeyed.
    async fn send_away(
        &self,
        host: &Host,
        own: Option<&str>,
        usual: &[&str],
        what: &str,
    ) -> Result<Done, Failure> {
        let line = match own {
            Some(command) => command.to_owned(),
            None => shell::script(&first_that_works(usual), &[]),
        };
        let within = host.command_within.min(host.stop_within);
        let outcome = self.run(host, &line, None, within).await;
        self.forget(host).await;
        let Outcome { ending, output } = outcome?;
        let obeyed = match &ending {
            Ending::HungUp => true,
            // What a shutdown does to the shell that asked for it.
            Ending::Killed(signal) => signal == "TERM" || signal == "HUP",
            // Perhaps the network went first, and its goodbye with it.
            Ending::TimedOut => matches!(self.probe(host).await, Ok(Power::Down)),
            Ending::Exited(_) => false,
        };
        if obeyed {
            return Ok(Done { output, changed: true });
        }
        Outcome { ending, output }.into_done(&host.name, what)
    }

    /// Closes the sessions with a host that is on its way out.
    async fn forget(&self, host: &Host) {
        if let Ok(target) = Target::of(host, &self.inventory) {
            let pool = self.pool.clone();
            let closing = thread::run(&host.name, move || {
                pool.forget(&target);
                Ok(())
            });
            // Left alone they would be found dead when they are next needed.
            let _ = closing.await;
        }
    }

    /// Sends the packet; it is no proof that anything wakes up.
    pub(super) async fn wake(&self, host: &Host) -> Result<Done, Failure> {
        let name = host.name.clone();
        let wrong = |message: String| Failure::new(FailureKind::NotConfigured, message);
        let mac = host.mac.ok_or_else(|| {
            wrong(format!("{name} cannot be woken: add `mac = \"52:54:00:…\"` to [hosts.{name}]"))
        })?;
        let (settings, secrets) = (host.wake.clone(), self.pool.secrets().clone());
        let send = move || {
            let password = match &settings.password {
                None => None,
                Some(secret) => {
                    let value = secrets(secret).map_err(|why| wrong(format!("{name}: {why}")))?;
                    let password = wol::read_password(&value).ok_or_else(|| {
                        wrong(format!(
                            "{name}: the secret \"{}\" is no SecureOn password: six bytes, written \
                             like 00:11:22:33:44:55",
                            secret.name
                        ))
                    })?;
                    Some(password)
                }
            };
            let packet = wol::MagicPacket::new(mac, password);
            let port = settings.port.unwrap_or(wol::PORT);
            wol::wake(&packet, settings.interface.as_deref(), port).map_err(|error| {
                let message = format!("{name}: the Wake-on-LAN packet could not be sent: {error}");
                Failure::new(FailureKind::Unreachable, message)
            })
        };
        // A secret is a file that is read.
        let reached = thread::run(&host.name, send).await?;
        let reached: Vec<String> =
            reached.iter().map(|way| format!("{} ({})", way.broadcast, way.interface)).collect();
        let output = format!("magic packet sent to {}", reached.join(", "));
        Ok(Done { output, changed: true })
    }
}
