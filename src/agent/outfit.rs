//! Which world an agent stands in: the field, a dry run of it, or the simulated closet.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Materials, SimulatedCloset};
use crate::{
    clock::Clock,
    config::{BoardChoice, Diagnostic, Secret, Secrets, Site, Warning, find_site_file},
    control::BindError,
    hal::{Board, BoardError, DeviceTree, Hal},
    host::{HostNews, RemoteHosts, SecretResolver, ec2::Ec2Machines, libvirt::Machines},
    journal::Sink,
    mqtt::Bus,
    output::Outputs,
    plan::{Dry, Live, Questions, World},
    rehearse::{Rehearsed, Scenario, ScenarioError, SharedCloset},
    sensor::{HistoryBounds, Reads},
    store::{Store, StoreError},
};

/// What is asked for on the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    pub dry_run: bool,
    /// The simulated closet, whatever the board and the site file.
    pub simulated: bool,
    /// How fast the closet without a site file lives.
    pub speed: f64,
    /// The simulated world, instead of the embedded closet.
    pub scenario: Option<PathBuf>,
}

/// Why there is no agent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the site file has mistakes")]
    Site(Vec<Diagnostic>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    #[error(transparent)]
    Board(#[from] BoardError),
    #[error(transparent)]
    Socket(#[from] BindError),
    #[error(
        "this is a {board}, and there is no site file: write /etc/watchpost/watchpost.toml, or say \
         `watchpost run --simulated` for the simulated closet"
    )]
    BoardWithoutSite { board: String },
}

/// A world to stand in, with its site.
pub struct Outfit {
    pub site: Arc<Site>,
    pub warnings: Vec<Warning>,
    pub clock: Clock,
    pub hal: Hal,
    pub secrets: SecretResolver,
    pub reads: Reads,
    /// With `[mqtt]`, and only for what is real: neither a simulated reading nor a dry run's message
    /// may get to a broker.
    pub bus: Option<Bus>,
    /// What hosts do, from whoever sees it.
    pub news: HostNews,
    /// What scripts ask people, and people have not answered.
    pub questions: Questions,
    ground: Ground,
    dry_run: bool,
}

/// What the world is made of.
enum Ground {
    Real(RemoteHosts),
    Simulated {
        closet: SharedCloset,
        /// Nothing is kept on disk.
        forgetful: bool,
    },
}

/// The embedded closet begins at noon, when it is about to get hot.
const BEGINS_AT_HOUR: i64 = 12;

impl Outfit {
    /// Finds the site file, reads it, and recognises the board. Opens nothing else.
    ///
    /// # Errors
    /// Mistakes in the site file, an unknown board, a real board without a site file.
    pub fn choose(config: Option<&Path>, mode: &Mode) -> Result<Self, StartError> {
        let file = if mode.simulated { None } else { find_site_file(config) };
        let Some(file) = file else {
            if !mode.simulated
                && let Ok(Some(board)) = Board::recognise(&DeviceTree::of_this_machine())
            {
                return Err(StartError::BoardWithoutSite { board: board.title });
            }
            let closet = match &mode.scenario {
                Some(file) => {
                    SimulatedCloset::beginning(Scenario::load(file)?, Path::new("."), 0, mode.speed)
                }
                None => SimulatedCloset::embedded(Path::new("."), BEGINS_AT_HOUR, mode.speed),
            };
            return Ok(Self::simulated(closet, Vec::new(), mode.dry_run, true)?);
        };
        let (site, warnings) = Site::load(&file).map_err(StartError::Site)?;
        if site.board == BoardChoice::Named("simulated".into()) {
            let closet = SimulatedCloset::of_site(site, Clock::system());
            return Ok(Self::simulated(closet, warnings, mode.dry_run, false)?);
        }
        let board = Board::choose(&site.board, &DeviceTree::of_this_machine())?;
        Ok(Self::real(site, warnings, &board, mode.dry_run))
    }

    fn simulated(
        simulated: SimulatedCloset,
        warnings: Vec<Warning>,
        dry_run: bool,
        forgetful: bool,
    ) -> Result<Self, BoardError> {
        let hal = simulated.hal()?;
        let no_secret = |secret: &Secret| {
            Err(format!("a simulation reads no secrets, so \"{}\" is not known", secret.name))
        };
        Ok(Outfit {
            site: Arc::new(simulated.site),
            warnings,
            news: HostNews::new(simulated.clock.clone()),
            clock: simulated.clock,
            hal,
            secrets: Arc::new(no_secret),
            reads: Reads::Inline,
            bus: None,
            questions: Questions::default(),
            ground: Ground::Simulated { closet: simulated.closet, forgetful },
            dry_run,
        })
    }

    fn real(site: Site, warnings: Vec<Warning>, board: &Board, dry_run: bool) -> Self {
        let kept = Secrets::beside(site.file.as_deref());
        let secrets: SecretResolver = Arc::new(move |secret| {
            let value = kept.lookup(secret).map_err(|error| error.to_string())?;
            Ok(value.reveal().to_owned())
        });
        let clock = Clock::system();
        let news = HostNews::new(clock.clone());
        let hosts = RemoteHosts::new(site.hosts.clone(), site.scripts.clone(), secrets.clone())
            .telling(news.clone())
            .of_site(&site.name);
        let is_heard = site.mqtt.is_some() && !dry_run;
        Outfit {
            bus: is_heard.then(|| Bus::new(clock.clone())),
            questions: Questions::default(),
            site: Arc::new(site),
            warnings,
            clock,
            news,
            hal: Hal::real(board).with_secrets(secrets.clone()),
            secrets,
            reads: Reads::Beside,
            ground: Ground::Real(hosts),
            dry_run,
        }
    }

    /// The simulated closet, where there is one.
    pub fn closet(&self) -> Option<&SharedCloset> {
        match &self.ground {
            Ground::Simulated { closet, .. } => Some(closet),
            Ground::Real(_) => None,
        }
    }

    /// The real virtual machines, where the hosts are real.
    pub fn machines(&self) -> Option<Machines> {
        match &self.ground {
            Ground::Real(hosts) => Some(hosts.machines().clone()),
            Ground::Simulated { .. } => None,
        }
    }

    /// The real machines on EC2, likewise.
    pub fn ec2_machines(&self) -> Option<Ec2Machines> {
        match &self.ground {
            Ground::Real(hosts) => Some(hosts.ec2().clone()),
            Ground::Simulated { .. } => None,
        }
    }

    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether the state outlives the process.
    pub fn is_forgetful(&self) -> bool {
        matches!(self.ground, Ground::Simulated { forgetful: true, .. })
    }

    /// The state. A dry run gets a copy in memory, which goes with it.
    ///
    /// # Errors
    /// When the state file cannot be opened, or another agent has it.
    pub fn open_store(&self) -> Result<Store, StoreError> {
        if self.is_forgetful() {
            return Store::memory();
        }
        if !self.dry_run {
            return Store::open(&self.site.state, &self.site.history);
        }
        if self.site.state.exists() {
            Store::open_read_only(&self.site.state)?.snapshot().wait()
        } else {
            Store::memory()
        }
    }

    /// The state, to look at only, beside an agent that may have it; empty where there is none.
    ///
    /// # Errors
    /// When the state file cannot be read.
    pub fn open_to_look(&self) -> Result<Store, StoreError> {
        if self.is_forgetful() || !self.site.state.exists() {
            return Store::memory();
        }
        Store::open_read_only(&self.site.state)
    }

    /// The world that plans act on. The outbox is where messages go.
    pub fn world(&self, outbox: &Store, outputs: &Outputs) -> Arc<dyn World> {
        let world: Arc<dyn World> = match &self.ground {
            Ground::Simulated { closet, .. } => {
                Arc::new(Rehearsed::new(closet.clone()).with_outputs(outputs.clone()))
            }
            Ground::Real(hosts) => Arc::new(Live {
                hosts: hosts.clone(),
                outputs: outputs.clone(),
                outbox: outbox.clone(),
                clock: self.clock.clone(),
                has_mail: self.site.mail.is_some(),
                has_notify: self.site.notify.is_some(),
                bus: self.bus.clone(),
                questions: self.questions.clone(),
            }),
        };
        if self.dry_run { Arc::new(Dry::new(world)) } else { world }
    }

    /// The board's outputs, untouched.
    ///
    /// # Errors
    /// Every output that the site file describes wrongly.
    fn outputs(&self, store: &Store) -> Result<Outputs, StartError> {
        let (lines, clock) = (self.hal.lines(), self.clock.clone());
        Outputs::new(&self.site.outputs, lines, clock, store.clone(), self.reads)
            .map_err(|wrong| StartError::Site(self.site.output_mistakes(wrong)))
    }

    /// All that an agent is made of. Touches no hardware.
    ///
    /// # Errors
    /// Every output that the site file describes wrongly.
    pub fn materials(&self, store: Store, sinks: Vec<Sink>) -> Result<Materials, StartError> {
        let outputs = self.outputs(&store)?;
        Ok(Materials {
            site: self.site.clone(),
            clock: self.clock.clone(),
            world: self.world(&store, &outputs),
            outputs,
            bus: self.bus.clone(),
            news: self.news.clone(),
            store,
            hal: self.hal.clone(),
            reads: self.reads,
            past: HistoryBounds::default(),
            sinks,
        })
    }
}
