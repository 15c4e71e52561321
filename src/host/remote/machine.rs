//! Virtual machines among the real hosts: where they are reached, whether they are up, and how they
//! are made.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::RemoteHosts;
use crate::{
    host::{
        Host, HostKind, Template,
        enroll::{self, agent_key, trust},
        home,
        libvirt::{Build, LibvirtTemplate, NOT_PLACED, Seed},
        ssh::HostKey,
        thread,
    },
    plan::{Done, Failure, FailureKind, Power},
    tasks,
};

/// Between two looks whether a new machine answers.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl RemoteHosts {
    /// A virtual machine is up when its hypervisor says so, and, where the site file names its
    /// `address`, when SSH answers there as well. On a hypervisor that is down it is down.
    pub(super) async fn look_at_machine(&self, host: &Host) -> Result<Power, Failure> {
        if let Some(found) = self.on_ec2(host).await? {
            return match found.power() {
                // Where the site file names an address, somebody must answer there, too.
                Some(Power::Up) if host.address.is_some() => self.listens(host).await,
                Some(power) => Ok(power),
                None => Err(Failure::new(
                    FailureKind::Unreachable,
                    format!("{}: it is {}", host.name, found.instance.state.word()),
                )),
            };
        }
        match self.machines.power(host).await {
            Ok(None | Some(Power::Down)) => Ok(Power::Down),
            Ok(Some(Power::Up)) if host.address.is_none() => Ok(Power::Up),
            Ok(Some(Power::Up)) => match self.listens(host).await {
                Ok(Power::Up) => Ok(Power::Up),
                Ok(Power::Down) => Err(Failure::new(
                    FailureKind::Unreachable,
                    format!("{}: it runs, but SSH does not answer there (yet)", host.name),
                )),
                Err(failure) => Err(failure),
            },
            Err(failure) if failure.is_transient() => match self.ground_of(host) {
                Some(ground) if Box::pin(self.look(&ground)).await == Ok(Power::Down) => {
                    Ok(Power::Down)
                }
                _ => Err(failure),
            },
            Err(failure) => Err(failure),
        }
    }

    /// The host of the inventory that it runs on.
    fn ground_of(&self, host: &Host) -> Option<Arc<Host>> {
        let uri = host.domain.as_ref().and_then(|domain| domain.uri.host.as_deref());
        let name = host.on.as_deref().or(uri)?;
        self.inventory.get(name).filter(|ground| ground.name != host.name).cloned()
    }

    /// The host with an address: that of the site file, else the one that its hypervisor knows,
    /// else its name.
    pub(super) async fn reachable<'h>(&self, host: &'h Host) -> Result<Cow<'h, Host>, Failure> {
        if !host.kind.is_virtual() {
            return Ok(Cow::Borrowed(host));
        }
        let mut host = host.clone();
        if host.address.is_none() {
            let known = match self.on_ec2(&host).await? {
                Some(found) => found.address(),
                None => self.machines.address(&host).await?,
            };
            host.address = Some(known.map_or_else(|| host.name.to_string(), |it| it.to_string()));
        }
        if host.kind == HostKind::Placed && host.ssh.key.is_none() {
            // It was made with this key.
            host.ssh.key = Some(agent_key_of(&host));
        }
        Ok(Cow::Owned(host))
    }

    /// Makes a machine and waits until it answers. It goes on to its end, good or bad, even when
    /// nobody waits for it any more.
    pub(super) async fn create(&self, host: &Host, template: &str) -> Result<Done, Failure> {
        let (this, host, template) = (self.clone(), host.clone(), template.to_owned());
        let name = host.name.clone();
        let making = tasks::spawn(async move { this.make(&host, &template).await });
        making.await.unwrap_or_else(|error| {
            let message = format!("{name}: making it failed: {error}; this is a bug");
            Err(Failure::new(FailureKind::Unreachable, message))
        })
    }

    async fn make(&self, host: &Host, name: &str) -> Result<Done, Failure> {
        let wrong = |text: String| {
            Failure::new(FailureKind::NotConfigured, format!("{}: {text}", host.name))
        };
        if host.kind != HostKind::Placed {
            return Err(wrong(NOT_PLACED.to_owned()));
        }
        let template = match self.inventory.template(name) {
            Some(Template::Libvirt(template)) => template,
            Some(Template::Ec2(template)) => {
                let token = format!("watchpost-{:016x}", fastrand::u64(..));
                return self.make_on_ec2(host, (name, template), &token).await;
            }
            None => {
                return Err(wrong(format!("there is no template \"{name}\" in the site file")));
            }
        };
        if self.machines.is_finished(host).await? {
            // It is there; being off is all that is wrong with it.
            return self.machines.start(host).await;
        }
        let identity = Identity::make(host, template.authorized_keys.as_deref()).await?;
        let mut build = self.machines.begin(host, name, template).await?;
        build.build(&identity.seed(host)).await?;
        match self.until_it_answers(host, template, &identity).await {
            Ok(()) => {
                build.finish().await?;
                Ok(Done { output: String::new(), changed: true })
            }
            Err(failure) => Err(give_up(&mut build, host, failure).await),
        }
    }

    /// A machine without network answers when it runs.
    async fn until_it_answers(
        &self,
        host: &Host,
        template: &LibvirtTemplate,
        identity: &Identity,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + host.start_within;
        let mut is_known = false;
        loop {
            if !self.machines.runs(host).await? {
                let message = format!("{}: it went off again while it started", host.name);
                return Err(Failure::new(FailureKind::Unreachable, message));
            }
            let address = match &host.address {
                Some(address) => Some(address.clone()),
                None if template.network.is_none() => return Ok(()),
                None => self.machines.address(host).await?.map(|address| address.to_string()),
            };
            if let Some(address) = address {
                let there = Host { address: Some(address.clone()), ..host.clone() };
                if !is_known {
                    identity.introduce(&there, &host.name, address).await?;
                    is_known = true;
                }
                if self.listens(&there).await == Ok(Power::Up) {
                    return Ok(());
                }
            }
            if Instant::now() >= deadline {
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

    /// Deletes a machine that was made here, and forgets its key.
    pub(super) async fn destroy(&self, host: &Host) -> Result<Done, Failure> {
        if !host.allow_destroy {
            let message = format!("{}: `allow_destroy` is not set", host.name);
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
        let mut changed = false;
        for found in self.ec2.find(host).await? {
            changed |= self.ec2.terminate(host, &found).await?.changed;
            self.forget_key(host, &found.template).await?;
        }
        let has_libvirt = !self.machines.hypervisors().is_empty();
        if has_libvirt
            && (!changed || self.machines.made_from(host).await.is_ok_and(|it| it.is_some()))
        {
            changed |= self.destroy_on_libvirt(host).await?.changed;
        }
        Ok(Done { output: String::new(), changed })
    }

    pub(super) async fn destroy_on_libvirt(&self, host: &Host) -> Result<Done, Failure> {
        let done = self.machines.destroy(host).await?;
        forget(host).await?;
        Ok(done)
    }
}

async fn give_up(build: &mut Build, host: &Host, failure: Failure) -> Failure {
    let failure = build.undo(failure).await;
    if let Err(error) = forget(host).await {
        tracing::warn!("{error}");
    }
    failure
}

fn agent_key_of(host: &Host) -> PathBuf {
    home::expand(host.ssh.key.as_deref().unwrap_or(enroll::AGENT_KEY.as_ref()))
}

async fn forget(host: &Host) -> Result<(), Failure> {
    let (known_hosts, name) = (home::expand(&host.ssh.known_hosts), host.name.clone());
    thread::run(&host.name, move || {
        trust::forget(&known_hosts, &name).map_err(|error| not_written(&name, &known_hosts, &error))
    })
    .await
}

fn not_written(name: &str, known_hosts: &std::path::Path, error: &std::io::Error) -> Failure {
    let message = format!("{name}: {} cannot be written: {error}", known_hosts.display());
    Failure::new(FailureKind::NotConfigured, message)
}

/// What a new machine is given, so that we know it, and it us.
pub(super) struct Identity {
    authorized_keys: Vec<String>,
    private: String,
    public: HostKey,
}

impl Identity {
    /// `owner` is a file with more keys than the agent's own.
    pub(super) async fn make(host: &Host, owner: Option<&Path>) -> Result<Self, Failure> {
        let (name, key) = (host.name.clone(), agent_key_of(host));
        let owner = owner.map(Path::to_owned);
        let work = move || {
            let wrong =
                |text: String| Failure::new(FailureKind::NotConfigured, format!("{name}: {text}"));
            let mut authorized_keys = vec![agent_key::at(&key, &name)?.public_line()];
            if let Some(file) = owner {
                let text = std::fs::read_to_string(&file).map_err(|error| {
                    wrong(format!("{} cannot be read: {error}", file.display()))
                })?;
                let lines = text.lines().map(str::trim);
                let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                authorized_keys.extend(lines.map(str::to_owned));
            }
            let (private, public) = agent_key::generate()
                .map_err(|error| wrong(format!("no key could be made for it: {error}")))?;
            Ok(Identity { authorized_keys, private, public })
        };
        thread::run(&host.name, work).await
    }

    fn seed(&self, host: &Host) -> Vec<u8> {
        self.with_seed(host, |seed| seed.image())
    }

    /// For machines that are told over the network.
    pub(super) fn user_data(&self, host: &Host) -> String {
        self.with_seed(host, |seed| seed.user_data())
    }

    fn with_seed<T>(&self, host: &Host, tell: impl FnOnce(&Seed<'_>) -> T) -> T {
        let public = format!("{} {}", self.public.kind(), self.public.to_base64());
        let seed = Seed {
            host: &host.name,
            // A machine with another key is another machine.
            instance: &self.public.fingerprint(),
            user: &host.ssh.user,
            authorized_keys: &self.authorized_keys,
            host_key: (&self.private, &public),
        };
        tell(&seed)
    }

    /// Makes the machine's key known to the agent, under a name of its own.
    pub(super) async fn introduce(
        &self,
        host: &Host,
        name: &str,
        address: String,
    ) -> Result<(), Failure> {
        let (known_hosts, name) = (home::expand(&host.ssh.known_hosts), name.to_owned());
        let (port, key) = (host.ssh.port, self.public.clone());
        let work = move || {
            trust::introduce(&known_hosts, &name, (&address, port), &key)
                .map_err(|error| not_written(&name, &known_hosts, &error))
        };
        thread::run(&host.name, work).await
    }
}
