//! Where the machines of a placed host are, and how it comes from one place to another.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{RemoteHosts, machine::Identity};
use crate::{
    host::{
        Host, HostKind, Template,
        ec2::{Ec2Machines, Ec2Template, Ready, machines::Found},
        home,
        libvirt::NOT_PLACED,
        thread,
    },
    plan::{Done, Failure, FailureKind, Power},
    tasks,
};

/// Between two looks whether a new machine is ready.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// EC2 itself may not know a new machine so long.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);

/// The places where a host has a machine; normally one, two in the middle of a move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Templates, each with whether the machine was made to its end.
    pub known: Vec<(String, bool)>,
    /// Templates whose place could not be asked, each with the reason.
    pub unknown: Vec<(String, String)>,
}

impl RemoteHosts {
    /// Asks every place that a template names.
    ///
    /// # Errors
    /// When the host is none that is placed.
    pub async fn whereabouts(&self, host: &Host) -> Result<Whereabouts, Failure> {
        if host.kind != HostKind::Placed {
            let message = format!("{}: {NOT_PLACED}", host.name);
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        let (ec2, libvirt) = tokio::join!(self.ec2.find(host), self.made_on_libvirt(host));
        let mut found = Whereabouts::default();
        let of_kind = |is_meant: fn(&Template) -> bool| {
            let all = self.inventory.templates().filter(move |(_, template)| is_meant(template));
            all.map(|(name, _)| name.to_string())
        };
        match ec2 {
            Ok(machines) => {
                found.known.extend(machines.into_iter().map(|it| (it.template, it.is_finished)));
            }
            Err(failure) => {
                let templates = of_kind(|template| matches!(template, Template::Ec2(_)));
                found.unknown.extend(templates.map(|name| (name, failure.message.clone())));
            }
        }
        match libvirt {
            Ok(machine) => found.known.extend(machine),
            Err(failure) => {
                let templates = of_kind(|template| matches!(template, Template::Libvirt(_)));
                found.unknown.extend(templates.map(|name| (name, failure.message.clone())));
            }
        }
        Ok(found)
    }

    async fn made_on_libvirt(&self, host: &Host) -> Result<Option<(String, bool)>, Failure> {
        let has_some = self
            .inventory
            .templates()
            .any(|(_, template)| matches!(template, Template::Libvirt(_)));
        if has_some { self.machines.made_from(host).await } else { Ok(None) }
    }

    /// Makes a machine, unless the host has one anywhere.
    pub(super) async fn create_once(&self, host: &Host, template: &str) -> Result<Done, Failure> {
        match self.on_ec2(host).await? {
            // It is there; being off is all that may be wrong with it.
            Some(found) if found.is_finished => self.ec2.start(host, &found).await,
            _ => self.create(host, template).await,
        }
    }

    /// Makes the host's machine from this template, whatever it has elsewhere. It goes on to its end,
    /// good or bad, even when nobody waits for it any more.
    pub(super) async fn settle(
        &self,
        host: &Host,
        template: &str,
        token: &str,
    ) -> Result<Done, Failure> {
        match self.inventory.template(template) {
            Some(Template::Ec2(settings)) => {
                let (this, host, name) = (self.clone(), host.clone(), template.to_owned());
                let (settings, token) = (settings.clone(), token.to_owned());
                let known_as = host.name.clone();
                let making = tasks::spawn(async move {
                    this.make_on_ec2(&host, (&name, &settings), &token).await
                });
                making.await.unwrap_or_else(|error| {
                    let message = format!("{known_as}: making it failed: {error}; this is a bug");
                    Err(Failure::new(FailureKind::Unreachable, message))
                })
            }
            _ => {
                let there = self.machines.made_from(host).await?;
                if let Some((other, _)) = there.filter(|(other, _)| other != template) {
                    let message = format!(
                        "{}: it is on libvirt already, made from {other}, and one name is one \
                         machine there: move it with `.stop_first()`",
                        host.name
                    );
                    return Err(Failure::new(FailureKind::NotConfigured, message));
                }
                self.create(host, template).await
            }
        }
    }

    /// Deletes the machine that the host has from this template; none is as good as one deleted.
    pub(super) async fn leave(&self, host: &Host, template: &str) -> Result<Done, Failure> {
        if !host.allow_destroy {
            let message = format!("{}: `allow_destroy` is not set", host.name);
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        if let Some(Template::Libvirt(_)) = self.inventory.template(template) {
            let there = self.machines.made_from(host).await?;
            return match there {
                Some((from, _)) if from == template => self.destroy_on_libvirt(host).await,
                _ => Ok(Done::default()),
            };
        }
        let mut changed = false;
        for found in self.ec2.find(host).await? {
            if found.template == template {
                changed |= self.ec2.terminate(host, &found).await?.changed;
            }
        }
        self.forget_key(host, template).await?;
        Ok(Done { output: String::new(), changed })
    }

    /// The host's machine on EC2, if it has one there; the one that is finished, if there are two.
    pub(super) async fn on_ec2(&self, host: &Host) -> Result<Option<Found>, Failure> {
        let mut found = match self.ec2.find(host).await {
            Ok(found) => found,
            // Whoever is at home is well without EC2.
            Err(failure) => {
                return match self.made_on_libvirt(host).await {
                    Ok(Some(_)) => Ok(None),
                    _ => Err(failure),
                };
            }
        };
        found.sort_by_key(|found| !found.is_finished);
        Ok(found.into_iter().next())
    }

    /// The machines on EC2 among the hosts.
    pub fn ec2(&self) -> &Ec2Machines {
        &self.ec2
    }

    /// One that is there is only started; unfinished ones, whose keys nobody knows, are replaced.
    pub(super) async fn make_on_ec2(
        &self,
        host: &Host,
        (name, template): (&str, &Ec2Template),
        token: &str,
    ) -> Result<Done, Failure> {
        if host.kind != HostKind::Placed {
            let message = format!("{}: {NOT_PLACED}", host.name);
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        let mut kept: Option<Found> = None;
        for found in self.ec2.find(host).await?.into_iter().filter(|it| it.template == name) {
            if found.is_finished && kept.is_none() {
                kept = Some(found);
            } else {
                self.ec2.terminate(host, &found).await?;
            }
        }
        if let Some(found) = kept {
            return self.ec2.start(host, &found).await;
        }
        let identity = Identity::make(host, template.authorized_keys.as_deref()).await?;
        let user_data = identity.user_data(host);
        let found = self.ec2.launch(host, (name, template), token, &user_data).await?;
        let made = match self.until_ready(host, (name, template), &found, &identity).await {
            Ok(()) => self.ec2.finish(host, &found).await,
            Err(failure) => Err(failure),
        };
        let Err(mut failure) = made else {
            return Ok(Done { output: found.instance.id, changed: true });
        };
        if let Err(error) = self.ec2.terminate(host, &found).await {
            let id = &found.instance.id;
            failure.message =
                format!("{}; and {id} could not be deleted: {error}", failure.message);
        }
        if let Err(error) = self.forget_key(host, name).await {
            tracing::warn!("{error}");
        }
        Err(failure)
    }

    async fn until_ready(
        &self,
        host: &Host,
        (name, template): (&str, &Ec2Template),
        found: &Found,
        identity: &Identity,
    ) -> Result<(), Failure> {
        let began = Instant::now();
        let mut is_known = false;
        loop {
            let now = self.ec2.again(host, found).await?;
            let looked = now.map(|instance| Found { instance, ..found.clone() });
            match &looked {
                None if began.elapsed() > UNKNOWN_FOR => {
                    let message = format!("{}: EC2 has lost it again", host.name);
                    return Err(Failure::new(FailureKind::Unreachable, message));
                }
                None => {}
                Some(now) if now.power() == Some(Power::Down) => {
                    let why = now.instance.reason.as_ref().map(|(code, words)| {
                        if words.is_empty() { code.clone() } else { words.clone() }
                    });
                    let message = format!(
                        "{}: EC2 ended it while it started: {}",
                        host.name,
                        why.unwrap_or_else(|| now.instance.state.word().to_owned())
                    );
                    return Err(Failure::new(FailureKind::Unreachable, message));
                }
                Some(now) if now.power() == Some(Power::Up) => {
                    let address = host
                        .address
                        .clone()
                        .or_else(|| now.address().map(|address| address.to_string()));
                    if let (Some(address), false) = (&address, is_known) {
                        identity.introduce(host, &key_of(host, name), address.clone()).await?;
                        is_known = true;
                    }
                    let is_ready = match (template.ready, address) {
                        (Ready::Running, _) => true,
                        (Ready::Checks, _) => self.ec2.has_passed_checks(host, now).await?,
                        (Ready::Ssh, None) => false,
                        (Ready::Ssh, address) => {
                            let there = Host { address, ..host.clone() };
                            self.listens(&there).await == Ok(Power::Up)
                        }
                    };
                    if is_ready {
                        return Ok(());
                    }
                }
                Some(_) => {}
            }
            if began.elapsed() >= host.start_within {
                let message = format!(
                    "{}: it did not answer within {} (`start_within`)",
                    host.name,
                    crate::clock::format_duration(host.start_within)
                );
                return Err(Failure::new(FailureKind::TimedOut, message));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    pub(super) async fn forget_key(&self, host: &Host, template: &str) -> Result<(), Failure> {
        let (known_hosts, key) = (home::expand(&host.ssh.known_hosts), key_of(host, template));
        let name: Arc<str> = host.name.clone();
        thread::run(&host.name, move || {
            crate::host::enroll::trust::forget(&known_hosts, &key).map_err(|error| {
                let message =
                    format!("{name}: {} cannot be written: {error}", known_hosts.display());
                Failure::new(FailureKind::NotConfigured, message)
            })
        })
        .await
    }
}

/// Under which a machine's key is known. While a host moves it has two machines with a key each.
fn key_of(host: &Host, template: &str) -> String {
    format!("{}@{template}", host.name)
}
