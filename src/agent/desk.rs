//! What the command line may ask of the running agent.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::{Mutex, oneshot, watch};

use super::{enclosures, hosts, safe_mode, sessions::Sessions};
use crate::{
    config::Site,
    control::{ClientGone, Desk, FrameSink, Request},
    host::HostNews,
    journal::Event,
    plan::{Dry, Executor, Owner},
    script::{
        Instance, Source,
        actor::{Command, Fired, Station},
        find::find_watch,
        folder::{self, Scripts},
        solo::{self, Evaluated},
    },
    store::{BY_HAND, JournalFilter},
    wemo::House,
};

pub struct AgentDesk {
    site: Arc<Site>,
    station: Station,
    scripts: Arc<Mutex<Scripts>>,
    reload: watch::Sender<bool>,
    house: Option<Arc<House>>,
    prompts: Sessions,
}

impl AgentDesk {
    pub fn new(
        site: Arc<Site>,
        station: Station,
        scripts: Arc<Mutex<Scripts>>,
        reload: watch::Sender<bool>,
        house: Option<Arc<House>>,
    ) -> Self {
        AgentDesk { site, station, scripts, reload, house, prompts: Sessions::default() }
    }

    async fn try_answer(&self, request: Request, out: &mut FrameSink) -> Result<(), Refusal> {
        match request {
            Request::Fire { name, dry_run } => {
                let fired =
                    if dry_run { self.fire_dry(&name).await } else { self.fire(&name).await }?;
                out.value(&fired).await?;
                if !fired.is_ok() {
                    out.fail();
                }
            }
            Request::Eval { expression, session } => {
                let evaluated = self.eval(&expression, session.as_deref()).await?;
                out.value(&evaluated).await?;
                if !evaluated.run.is_ok() {
                    out.fail();
                }
            }
            Request::Sensors => {
                for sensor in self.station.around.sensors.all() {
                    out.value(&sensor).await?;
                }
            }
            Request::Hosts => {
                for host in hosts::look(&self.station.executor).await {
                    out.value(&host).await?;
                }
            }
            Request::Journal { name, limit, since } => {
                let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                let filter = JournalFilter { name, since, limit: Some(limit) };
                for (_, entry) in self.station.around.store.recent(&filter).await? {
                    out.value(&entry).await?;
                }
            }
            Request::Pause { name } => {
                let (script, watch) = self.find(&name).await?;
                let (reply, answer) = oneshot::channel();
                let reason = BY_HAND.to_owned();
                self.tell(&script, Command::Pause { watch, reason, reply }).await?;
                answer.await.unwrap_or_else(|_| Err("the script has ended".into()))?;
            }
            Request::Resume { name } => {
                let (script, watch) = self.find(&name).await?;
                let (reply, answer) = oneshot::channel();
                self.tell(&script, Command::Resume { watch, reply }).await?;
                answer.await.unwrap_or_else(|_| Err("the script has ended".into()))?;
            }
            Request::Acknowledge { name } => {
                for message in self.station.around.store.acknowledge(&name).await? {
                    let text = format!("somebody knows of “{}”", message.subject);
                    let (script, watch) = message.origin.split_once('/').unwrap_or(("", ""));
                    self.station.around.journal.of_watch(script, watch, Event::Note { text });
                    out.value(&message.subject).await?;
                }
            }
            Request::Backup { path } => {
                let files = enclosures(&self.site).map_err(|error| error.to_string())?;
                self.station.around.store.backup(&path, files).await?;
            }
            Request::Reload => {
                // The agent may be on its way out already.
                let _ = self.reload.send(true);
            }
            Request::Devices => {
                let status = self.house.as_ref().map(|house| house.status());
                out.value(&serde_json::to_value(status).unwrap_or_default()).await?;
            }
            Request::Status => {
                let watches = self.scripts.lock().await.watches().await;
                let watches: Vec<_> = watches
                    .into_iter()
                    .map(|(script, watch)| json!({ "script": script, "watch": watch }))
                    .collect();
                let undelivered = self.station.around.store.dead().await?.len();
                let status = json!({
                    "site": self.site.name,
                    "watches": watches,
                    "undelivered": undelivered,
                    "dropped": self.station.around.bus.as_ref().map_or(0, |bus| bus.complaints().count()),
                    "safe_mode": self.station.safe_mode,
                });
                out.value(&status).await?;
            }
        }
        Ok(())
    }

    /// Runs a watch now, and waits for what comes of it.
    pub(super) async fn fire(&self, name: &str) -> Result<Fired, Refusal> {
        let (script, watch) = self.find(name).await?;
        let (reply, answer) = oneshot::channel();
        self.tell(&script, Command::Fire { watch, reply }).await?;
        Ok(answer.await.unwrap_or_else(|_| Err("the agent ended before the run did".into()))?)
    }

    /// The watch in an instance of its own, against a world that only writes down, and on a copy
    /// of the state that goes with it.
    async fn fire_dry(&self, name: &str) -> Result<Fired, Refusal> {
        let (script, watch) = self.find(name).await?;
        let around = &self.station.around;
        let file = self.site.scripts.join(format!("{script}.rhai"));
        let source = folder::source(&file).map_err(|error| error.to_string())?;
        let store = around.store.snapshot().await?;
        let world = Arc::new(Dry::new(self.station.executor.world.clone()));
        let executor = Executor {
            world: world.clone(),
            clock: around.clock.clone(),
            timezone: around.calendar.timezone,
            hosts: around.hosts.clone(),
            news: HostNews::new(around.clock.clone()),
            scans: self.station.executor.scans.clone(),
            costs: around.costs.clone(),
            store: store.clone(),
            journal: around.journal.silent(),
            parallel_hosts: self.station.executor.parallel_hosts,
            locks: Default::default(),
        };
        let mut station = self.station.clone();
        station.around.store = store;
        station.around.journal = around.journal.silent();
        station.executor = Arc::new(executor);
        station.owner = Arc::new(Owner::new(world, Vec::new(), around.journal.silent()));
        Ok(solo::fire(source, &station, &self.site.limits, &watch).await?)
    }

    async fn eval(&self, expression: &str, session: Option<&str>) -> Result<Evaluated, Refusal> {
        let instance = match session {
            Some(name) => {
                let now = self.station.around.clock.monotonic();
                self.prompts.get(name, now, self.empty_script()).await?
            }
            None => self.empty_script().await?,
        };
        Ok(solo::eval(&instance, &self.station, expression).await?)
    }

    /// Beside which an expression is evaluated.
    async fn empty_script(&self) -> Result<Arc<Instance>, String> {
        let source = Source::of_expression(&self.site.scripts);
        Ok(Arc::new(solo::load(source, &self.station, &self.site.limits).await?))
    }

    /// A watch by its name, or by `script/name` where several scripts have one of that name.
    async fn find(&self, name: &str) -> Result<(Arc<str>, String), Refusal> {
        let watches = self.scripts.lock().await.watches().await;
        let names: Vec<_> =
            watches.into_iter().map(|(script, watch)| (script, watch.name)).collect();
        find_watch(name, &names).map_err(|unknown| match self.station.safe_mode {
            true => Refusal(format!("{unknown}; {}", safe_mode::IN_SHORT)),
            false => Refusal(unknown),
        })
    }

    async fn tell(&self, script: &str, command: Command) -> Result<(), Refusal> {
        let scripts = self.scripts.lock().await;
        let told = scripts
            .handles()
            .find(|handle| *handle.name == *script)
            .map(|handle| handle.tell(command));
        if told == Some(true) { Ok(()) } else { Err(Refusal("the script has ended".into())) }
    }
}

#[async_trait]
impl Desk for AgentDesk {
    async fn answer(&self, request: Request, out: &mut FrameSink) {
        if let Err(refusal) = self.try_answer(request, out).await {
            // Whoever has hung up misses nothing.
            let _ = out.error(refusal.0).await;
        }
    }
}

/// Why a request is not fulfilled, as the one who asked should read it.
pub(super) struct Refusal(String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Refusal(reason)
    }
}

impl From<crate::store::StoreError> for Refusal {
    fn from(error: crate::store::StoreError) -> Self {
        Refusal(error.to_string())
    }
}

impl From<ClientGone> for Refusal {
    fn from(_: ClientGone) -> Self {
        Refusal("the one who asked has gone".into())
    }
}
