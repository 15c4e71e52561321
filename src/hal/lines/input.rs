//! An input line: its level now, and every edge.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::broadcast;

use super::{LineError, LinePlace, linux::OpenInput, simulated::SimulatedLines};

/// Edges that may wait for a listener. One that is slower is told how many it missed.
const WAITING_EDGES: usize = 1024;

/// What holds the line when nothing drives it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    Up,
    Down,
    #[default]
    None,
}

/// How a line is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputSettings {
    pub pull: Pull,
    /// A low voltage means true.
    pub active_low: bool,
    /// How long a level must stand before the kernel believes it; 0 believes everything.
    pub debounce: Duration,
    /// Tells only the edges from false to true.
    pub only_rising: bool,
}

/// A change of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The level after it, `active_low` taken in.
    pub level: bool,
    /// When the kernel saw it, on the clock of [`super::Lines::time`].
    pub at: Duration,
    /// Edges just before this one that the kernel had no room for.
    pub missed: u32,
}

/// One line, shared: clones are the same line. It is opened by the first [`Input::level`], and
/// anew by the next one after an error.
#[derive(Clone)]
pub struct Input(Arc<Shared>);

struct Shared {
    settings: InputSettings,
    edges: broadcast::Sender<Edge>,
    line: Line,
}

enum Line {
    Real { place: LinePlace, open: Mutex<Option<OpenInput>> },
    Simulated { lines: SimulatedLines, pin: String },
}

impl Input {
    pub(super) fn real(place: LinePlace, settings: InputSettings) -> Self {
        Input::new(Line::Real { place, open: Mutex::default() }, settings)
    }

    pub(super) fn simulated(lines: SimulatedLines, pin: &str, settings: InputSettings) -> Self {
        Input::new(Line::Simulated { lines, pin: pin.to_owned() }, settings)
    }

    fn new(line: Line, settings: InputSettings) -> Self {
        let (edges, _) = broadcast::channel(WAITING_EDGES);
        Input(Arc::new(Shared { settings, edges, line }))
    }

    pub(super) fn settings(&self) -> InputSettings {
        self.0.settings
    }

    /// The level now, `active_low` taken in. May block for a moment.
    pub fn level(&self) -> Result<bool, LineError> {
        match &self.0.line {
            Line::Real { place, open } => {
                let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
                let line = match open.take().filter(OpenInput::is_alive) {
                    Some(line) => line,
                    None => OpenInput::open(place, self.0.settings, self.0.edges.clone())?,
                };
                let level = line.level()?;
                *open = Some(line);
                Ok(level)
            }
            Line::Simulated { lines, pin } => Ok(lines.level(pin)),
        }
    }

    /// Every edge from now on. They come as long as the line is open: whoever listens asks for the
    /// level now and then, too.
    pub fn edges(&self) -> broadcast::Receiver<Edge> {
        self.0.edges.subscribe()
    }

    /// Hands a simulated edge on.
    pub(super) fn tell(&self, edge: Edge) {
        if edge.level || !self.0.settings.only_rising {
            // Nobody may be listening.
            let _ = self.0.edges.send(edge);
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
