//! The scripts' folder: what is in it, and what of it changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tokio::sync::mpsc;

use super::{
    Instance, Source,
    actor::{self, Command, Handle, Station, WatchInfo},
    check,
    context::TimerDesk,
};
use crate::{config::Limits, journal::Event};

/// The scripts of a folder: every `.rhai` in it, but for tests (`….test.rhai`). Files in folders
/// below are for `import`.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn sources(folder: &Path) -> io::Result<Vec<Source>> {
    script_files(folder)?.iter().map(|file| source(file)).collect()
}

/// One script.
///
/// # Errors
/// When the file cannot be read.
pub fn source(file: &Path) -> io::Result<Source> {
    let text = fs::read_to_string(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let shown =
        folder.file_name().map(|name| Path::new(name).join(file.file_name().unwrap_or_default()));
    let shown = shown.unwrap_or_else(|| file.to_owned());
    Ok(Source { name: (&*stem).into(), file: shown.display().to_string(), text, folder })
}

fn is_script(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".rhai") && !name.ends_with(".test.rhai") && !name.starts_with('.')
}

/// The actors of all scripts, kept in step with the folder.
pub struct Scripts {
    folder: PathBuf,
    station: Station,
    limits: Limits,
    /// The async side stands still while a script computes: rehearsals.
    blocking: bool,
    known: BTreeMap<PathBuf, Known>,
}

struct Known {
    name: std::sync::Arc<str>,
    seen: Vec<Stamp>,
    /// `None` as long as no version of the script could be loaded.
    running: Option<Running>,
}

struct Running {
    handle: Handle,
    timers: TimerDesk,
}

/// What tells one version of a file from another without reading it.
#[derive(PartialEq)]
struct Stamp {
    file: PathBuf,
    version: Option<(SystemTime, u64)>,
}

impl Stamp {
    fn of(file: PathBuf) -> Self {
        let metadata = fs::metadata(&file).ok();
        let version = metadata.and_then(|data| Some((data.modified().ok()?, data.len())));
        Stamp { file, version }
    }

    fn is_current(&self) -> bool {
        *self == Stamp::of(self.file.clone())
    }
}

impl Scripts {
    pub fn new(folder: PathBuf, station: Station, limits: Limits, blocking: bool) -> Self {
        Scripts { folder, station, limits, blocking, known: BTreeMap::new() }
    }

    /// Loads what is new or has changed, and ends what is gone. A script with a mistake keeps
    /// running as it was, and the mistake is told once.
    pub async fn refresh(&mut self) {
        let files = match script_files(&self.folder) {
            Ok(files) => files,
            Err(error) => {
                // An editor's or a mount's moment of absence must not end every script.
                tracing::warn!("the scripts' folder {}: {error}", self.folder.display());
                return;
            }
        };
        let gone: Vec<PathBuf> =
            self.known.keys().filter(|known| !files.contains(known)).cloned().collect();
        for file in gone {
            if let Some(running) = self.known.remove(&file).and_then(|known| known.running) {
                self.note(&running.handle.name.clone(), "the script is gone; its watches end");
                running.handle.stop().await;
            }
        }
        for file in files {
            let unchanged = |known: &Known| known.seen.iter().all(Stamp::is_current);
            if !self.known.get(&file).is_some_and(unchanged) {
                self.load(file).await;
            }
        }
    }

    /// Loads every script anew, changed or not.
    pub async fn reload(&mut self) {
        for known in self.known.values_mut() {
            known
                .seen
                .push(Stamp { file: PathBuf::new(), version: Some((SystemTime::UNIX_EPOCH, 0)) });
        }
        self.refresh().await;
    }

    async fn load(&mut self, file: PathBuf) {
        let mut seen = vec![Stamp::of(file.clone())];
        let source = match source(&file) {
            Ok(source) => source,
            Err(error) => return tracing::warn!("a script cannot be read: {error}"),
        };
        let name = source.name.clone();
        if self.station.safe_mode && !may_be_critical(&source.text) {
            // Not even its top level is run: that may be what brought the agent down.
            self.known.insert(file, Known { name, seen, running: None });
            return;
        }
        let running = self.known.remove(&file).and_then(|known| known.running);
        let (timers, changes) = match &running {
            Some(running) => (running.timers.clone(), None),
            None => {
                let (timers, changes) = mpsc::unbounded_channel();
                (timers, Some(changes))
            }
        };
        let around = self.station.around.clone();
        let (limits, blocking) = (self.limits.clone(), self.blocking);
        let loaded = Instance::load(source.clone(), around, limits, blocking, timers.clone()).await;
        if loaded.is_ok() && !blocking {
            self.tell_findings(&source).await;
        }
        let running = match (loaded, running, changes) {
            (Ok(instance), running, changes) => {
                seen.extend(instance.declarations.imports.iter().cloned().map(Stamp::of));
                match (running, changes) {
                    (Some(running), _) => {
                        running.handle.tell(Command::Load(Box::new(instance)));
                        Some(running)
                    }
                    (None, Some(changes)) => {
                        let handle = actor::start(instance, changes, self.station.clone());
                        Some(Running { handle, timers })
                    }
                    (None, None) => None,
                }
            }
            (Err(mistake), running, _) => {
                let kept = match running {
                    Some(_) => "\nThe version before this keeps running.",
                    None => "",
                };
                let message = format!("{}{kept}", mistake.to_text().trim_end());
                self.station.around.journal.note(&name, Event::Failed { message });
                running
            }
        };
        self.known.insert(file, Known { name, seen, running });
    }

    /// A name that nothing has, a constant that is assigned: the script could be loaded, and would
    /// stumble over it on the day it matters.
    async fn tell_findings(&self, source: &Source) {
        let around = &self.station.around;
        for finding in check::findings(source, around, &self.limits).await {
            let text = finding.to_text().trim_end().to_owned();
            let event = match finding.is_error() {
                true => Event::Failed { message: text },
                false => Event::Note { text },
            };
            around.journal.note(&source.name, event);
        }
    }

    fn note(&self, script: &str, text: &str) {
        self.station.around.journal.note(script, Event::Note { text: text.to_owned() });
    }

    /// The scripts that run, in the order of their names.
    pub fn handles(&self) -> impl Iterator<Item = &Handle> {
        self.known
            .values()
            .filter_map(|known| known.running.as_ref())
            .map(|running| &running.handle)
    }

    /// The scripts of which no version could be loaded.
    pub fn broken(&self) -> impl Iterator<Item = &str> {
        self.known.values().filter(|known| known.running.is_none()).map(|known| &*known.name)
    }

    /// Every watch with its script.
    pub async fn watches(&self) -> Vec<(std::sync::Arc<str>, WatchInfo)> {
        let mut all = Vec::new();
        for handle in self.handles() {
            let watches = handle.watches().await;
            all.extend(watches.into_iter().map(|watch| (handle.name.clone(), watch)));
        }
        all
    }

    /// Begins nothing new, and waits for what runs.
    pub async fn stop(&mut self) {
        let known = std::mem::take(&mut self.known);
        let running = known.into_values().filter_map(|known| known.running);
        futures::future::join_all(running.map(|running| running.handle.stop())).await;
    }
}

/// Whether a script can have a critical watch; one that it imports is its own.
fn may_be_critical(text: &str) -> bool {
    text.contains("critical") || text.contains("import")
}

/// The files of a folder that are scripts, by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn script_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() && is_script(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
