//! The real hosts: asked and acted upon over SSH, by Wake-on-LAN, and this board itself.

mod machine;
mod placing;
mod power;
mod probe;
mod scan;
mod upload;

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

pub use placing::Whereabouts;
use tokio::sync::Semaphore;

use super::{
    Host, HostKind, HostNews, Inventory, SecretResolver,
    ec2::Ec2Machines,
    libvirt::Machines,
    local,
    outcome::{KEPT, Outcome},
    root_commands,
    scan::Pacer,
    shell,
    ssh::{Deadline, Pool, Target},
    thread,
};
use crate::{
    clock::Clock,
    plan::{Done, Failure, FailureKind, HostAct},
};

/// Commands that run at a time, each on a thread with a session of its own. The executor has its
/// own, lower bound for one step; this one is for all of them together.
const AT_A_TIME: usize = 32;

/// A watch that looks every minute finds its session again.
const SESSION_KEPT: Duration = Duration::from_secs(120);

/// How much longer than its own deadline a connection's thread is waited for: resolving a name
/// has no deadline that could be set.
const GRACE: Duration = Duration::from_secs(5);

/// Clones share the sessions that are kept.
#[derive(Clone)]
pub struct RemoteHosts {
    inventory: Arc<Inventory>,
    /// The only folder that files are uploaded from.
    scripts: Arc<PathBuf>,
    pool: Pool,
    turns: Arc<Semaphore>,
    news: HostNews,
    machines: Machines,
    /// Of all scans together.
    pacer: Pacer,
    ec2: Ec2Machines,
}

impl RemoteHosts {
    /// `scripts` is the folder that `upload` may take files from.
    pub fn new(inventory: Arc<Inventory>, scripts: PathBuf, secrets: SecretResolver) -> Self {
        let machines = Machines::new(inventory.clone(), secrets.clone(), Arc::from(""));
        let ec2 =
            Ec2Machines::new(inventory.clone(), secrets.clone(), Clock::system(), Arc::from(""));
        RemoteHosts {
            machines,
            ec2,
            inventory,
            scripts: Arc::new(scripts),
            pool: Pool::new(secrets, SESSION_KEPT),
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
            news: HostNews::new(Clock::system()),
            pacer: Pacer::default(),
        }
    }

    /// The same hosts, those included that this site made.
    pub fn of_site(self, site: &str) -> Self {
        let (machines, ec2) = (self.machines.of_site(site.into()), self.ec2.of_site(site.into()));
        RemoteHosts { machines, ec2, ..self }
    }

    /// The virtual machines among them.
    pub fn machines(&self) -> &Machines {
        &self.machines
    }

    /// Tells what these hosts do where others tell it, too.
    pub fn telling(self, news: HostNews) -> Self {
        RemoteHosts { news, ..self }
    }

    /// Does one thing to one host. `Start`, `Stop` and `Restart` only set it going.
    ///
    /// # Errors
    /// One line that says what failed, on which host, and how to mend it.
    pub async fn act(&self, host: &Host, act: &HostAct) -> Result<Done, Failure> {
        match act {
            HostAct::Start => self.start(host).await,
            HostAct::Stop => self.stop(host).await,
            HostAct::Restart => self.restart(host).await,
            HostAct::Wake => self.wake(host).await,
            HostAct::Shell { command } => {
                let outcome = self.run(host, command, None, host.command_within).await?;
                outcome.into_done(&host.name, "the command")
            }
            HostAct::Upload { from, to } => self.upload(host, from, to).await,
            HostAct::Update => self.update(host).await,
            HostAct::Create { template } => self.create_once(host, template).await,
            HostAct::Destroy => self.destroy(host).await,
            HostAct::Settle { template, token } => self.settle(host, template, token).await,
            HostAct::Leave { template } => self.leave(host, template).await,
        }
    }

    async fn update(&self, host: &Host) -> Result<Done, Failure> {
        let own = host.commands.update.clone();
        let line = own.unwrap_or_else(|| shell::script(&root_commands::update(), &[]));
        let outcome = self.run(host, &line, None, host.command_within).await?;
        let done = outcome.into_done(&host.name, "the update")?;
        Ok(Done { changed: !root_commands::nothing_to_update(&done.output), ..done })
    }

    /// Runs a shell line on the host, or here if it is this board, with the file `input` as its
    /// standard input.
    async fn run(
        &self,
        host: &Host,
        line: &str,
        input: Option<PathBuf>,
        within: Duration,
    ) -> Result<Outcome, Failure> {
        self.run_keeping(host, line, input, KEPT, within).await
    }

    /// The same, with so many bytes of each output kept.
    async fn run_keeping(
        &self,
        host: &Host,
        line: &str,
        input: Option<PathBuf>,
        kept: usize,
        within: Duration,
    ) -> Result<Outcome, Failure> {
        // Never closed: the semaphore lives as long as `self`.
        let _turn = self.turns.acquire().await;
        if host.kind == HostKind::ThisBoard {
            return local::run(line, input.as_deref(), kept, within).await;
        }
        let target = Target::of(&*self.reachable(host).await?, &self.inventory)?;
        let (pool, line) = (self.pool.clone(), line.to_owned());
        let work = move || {
            let mut input = open(input.as_deref(), &target.name)?;
            pool.run(&target, &line, &mut *input, kept, Deadline::within(within))
        };
        bounded(&host.name, within, thread::run(&host.name, work)).await
    }
}

fn open(input: Option<&std::path::Path>, host: &str) -> Result<Box<dyn Read>, Failure> {
    let Some(path) = input else { return Ok(Box::new(io::empty())) };
    let file = File::open(path).map_err(|error| {
        let message = format!("{host}: {} cannot be read: {error}", path.display());
        Failure::new(FailureKind::NotConfigured, message)
    })?;
    Ok(Box::new(file))
}

/// A last bound on what has its own deadline already.
async fn bounded<T>(
    host: &str,
    within: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(within.saturating_add(GRACE), work).await.unwrap_or_else(|_| {
        let message = format!("{host}: no answer within {} s", within.as_secs());
        Err(Failure::new(FailureKind::TimedOut, message))
    })
}
