//! The parts of an agent without an agent: for a verb that finds none running.

use std::{path::Path, sync::Arc};

use futures::future::join_all;

use super::{Mode, Outfit, Parts, StartError, recorder};
use crate::{
    cost,
    journal::{Entry, Sink},
    mail::Courier,
    script::{
        Instance, Source,
        actor::{Fired, Station},
        find::find_watch,
        folder, solo,
    },
    sensor::SensorTable,
    store::{LetterState, Store, StoreError},
    tasks,
};

/// How long messages may take before they are left for the next agent.
const DELIVER_WITHIN: std::time::Duration = std::time::Duration::from_secs(20);
const LOOK_AT_OUTBOX: std::time::Duration = std::time::Duration::from_millis(50);

/// An agent that does one thing and ends.
pub struct Alone {
    pub outfit: Outfit,
    pub store: Store,
    /// Where the readings of the last day are; a dry run's own store has none.
    past: Store,
    pub parts: Parts,
}

/// Why a watch could not be run.
#[derive(Debug, thiserror::Error)]
pub enum AloneError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(String),
}

/// A script that can be loaded.
type Loaded = Arc<Instance>;

impl Alone {
    /// Acts for real (or not, in a dry run): the state file is ours from here on.
    ///
    /// # Errors
    /// Like the agent's start.
    pub fn acting(config: Option<&Path>, mode: Mode, sinks: Vec<Sink>) -> Result<Self, StartError> {
        let outfit = Outfit::choose(config, &mode)?;
        let store = outfit.open_store()?;
        let past = if outfit.is_dry_run() { outfit.open_to_look()? } else { store.clone() };
        Self::of(outfit, store, past, sinks)
    }

    /// Only looks: the state file may be another's.
    ///
    /// # Errors
    /// Like [`Alone::acting`], but for a state file that is in use.
    pub fn looking(config: Option<&Path>, mode: Mode) -> Result<Self, StartError> {
        let outfit = Outfit::choose(config, &mode)?;
        let store = outfit.open_to_look()?;
        Self::of(outfit, store.clone(), store, Vec::new())
    }

    fn of(outfit: Outfit, store: Store, past: Store, sinks: Vec<Sink>) -> Result<Self, StartError> {
        let parts = Parts::assemble(outfit.materials(store.clone(), sinks)?);
        let parts = parts.map_err(StartError::Site)?;
        Ok(Alone { outfit, store, past, parts })
    }

    pub fn station(&self) -> &Station {
        &self.parts.station
    }

    pub fn sensors(&self) -> &SensorTable {
        &self.parts.sensors
    }

    /// Recalls what the store knows of the last day, and reads every sensor once.
    pub async fn read_sensors(&mut self) {
        let Parts { site, sensors, samplers, .. } = &mut self.parts;
        recorder::recall(site, sensors, &self.past, self.outfit.clock.now()).await;
        recorder::resume(samplers, &self.past).await;
        self.sample().await;
    }

    /// Asks for every price once.
    pub async fn ask_prices(&self) {
        if self.outfit.closet().is_none() {
            let costs = &self.parts.station.around.costs;
            cost::ask_once(costs, &self.outfit.clock, &self.outfit.secrets).await;
        }
    }

    /// Reads every sensor once, all at the same time.
    pub async fn sample(&mut self) {
        join_all(self.parts.samplers.iter_mut().map(|sampler| sampler.sample())).await;
    }

    /// Runs a watch.
    ///
    /// # Errors
    /// When no watch is called so.
    pub async fn fire(&self, name: &str) -> Result<Fired, AloneError> {
        let (instance, watch) = self.find(name).await?;
        let fired = solo::fire_loaded(&instance, self.station(), &watch).await;
        fired.map_err(AloneError::Refused)
    }

    /// The script of a watch, loaded, and the watch's own name.
    ///
    /// # Errors
    /// When no watch is called so; scripts that cannot be loaded are named then.
    pub async fn find(&self, name: &str) -> Result<(Loaded, String), AloneError> {
        let refused = AloneError::Refused;
        let sources = self.sources()?;
        let limits = &self.parts.site.limits;
        let (mut loaded, mut broken) = (Vec::new(), Vec::new());
        for source in sources {
            let file = source.file.clone();
            match solo::load(source, self.station(), limits).await {
                Ok(instance) => loaded.push(Arc::new(instance)),
                Err(_) => broken.push(file),
            }
        }
        let watches: Vec<_> = loaded
            .iter()
            .flat_map(|instance| {
                let watches = &instance.declarations.watches;
                watches.iter().map(|watch| (instance.source.name.clone(), watch.name.clone()))
            })
            .collect();
        let (script, watch) =
            find_watch(name, &watches).map_err(|error| match broken.as_slice() {
                [] => refused(error),
                broken => refused(format!(
                    "{error}; {} cannot be loaded: `watchpost check` says why",
                    broken.join(", ")
                )),
            })?;
        let instance = loaded.into_iter().find(|instance| instance.source.name == script);
        let instance = instance.ok_or_else(|| refused(format!("the script {script} is gone")))?;
        Ok((instance, watch))
    }

    /// Every script of the site.
    ///
    /// # Errors
    /// When the folder or a script cannot be read.
    pub fn sources(&self) -> Result<Vec<Source>, AloneError> {
        let folder = &self.parts.site.scripts;
        folder::sources(folder).map_err(|error| {
            AloneError::Refused(format!("the scripts' folder {}: {error}", folder.display()))
        })
    }

    /// Sends what waits in the outbox; returns how many messages are left for the next agent.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn deliver(&self) -> Result<usize, StoreError> {
        let waiting = || self.store.letters(LetterState::Waiting);
        let left = waiting().await?.len();
        if left == 0 || self.outfit.is_dry_run() || self.outfit.closet().is_some() {
            return Ok(left);
        }
        let (site, clock) = (&self.parts.site, self.outfit.clock.clone());
        let secrets = self.outfit.secrets.clone();
        let courier = match Courier::of(site, self.store.clone(), clock.clone(), secrets) {
            Ok(courier) => tasks::spawn(courier.run()),
            Err(error) => {
                tracing::error!("messages cannot be sent: {error}");
                return Ok(left);
            }
        };
        let settled = async {
            // One that has failed is tried again only after a minute.
            while waiting().await?.iter().any(|letter| letter.attempts == 0) {
                clock.sleep(LOOK_AT_OUTBOX).await;
            }
            Ok::<_, StoreError>(())
        };
        if let Ok(settled) = tokio::time::timeout(DELIVER_WITHIN, settled).await {
            settled?;
        }
        courier.abort();
        Ok(waiting().await?.len())
    }

    /// Writes down what happened; the orderly end.
    ///
    /// # Errors
    /// When the state file cannot be written.
    pub async fn close(self, journal: Vec<Entry>) -> Result<(), StoreError> {
        for entry in &journal {
            self.store.append(entry).await?;
        }
        self.store.close().await
    }
}
