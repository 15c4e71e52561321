//! The real binary, in a folder of its own.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use watchpost::{
    control::{Client, Frame, Request},
    journal::{Entry, Event},
};

use super::patience::until;

/// A folder with a site file, scripts, and whatever else a test puts there.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// On a board without any sensor of its own; `sections` follow.
    pub fn new(sections: &str) -> Self {
        let site = Site { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(site.path("scripts")).expect("the scripts' folder");
        site.configure(sections);
        site
    }

    pub fn configure(&self, sections: &str) {
        self.write("watchpost.toml", &Self::text(sections));
    }

    /// What a whole site file with these sections says.
    pub fn text(sections: &str) -> String {
        format!("[board]\nprofile = \"generic-linux\"\n[control]\nsocket = \"socket\"\n{sections}")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file as a whole: nobody reads half of it.
    pub fn write(&self, name: &str, text: &str) {
        let (path, half) = (self.path(name), self.path("half-written"));
        fs::write(&half, text).expect("written");
        fs::rename(half, path).expect("renamed");
    }

    pub fn script(&self, name: &str, text: &str) {
        self.write(&format!("scripts/{name}.rhai"), text);
    }

    /// A `[[sensor]]` that reads a file of this folder four times a second.
    pub fn sensor(&self, name: &str, file: &str) -> String {
        let path = self.path(file);
        format!(
            "[[sensor]]\nname = \"{name}\"\ndriver = \"file\"\npath = '{}'\nevery = \"250ms\"\n",
            path.display()
        )
    }

    pub fn start(&self) -> Agent {
        self.start_within(Vec::new())
    }

    /// Like [`Site::start`], with more variables in its environment.
    pub fn start_within(&self, environment: Vec<(&str, OsString)>) -> Agent {
        let arguments = ["run", "--config", "watchpost.toml"];
        Agent::start_within(self.folder.path(), &arguments, "socket", environment)
    }

    /// An agent that does not start: what it says, and how it ends.
    pub fn refused(&self) -> (String, ExitStatus) {
        let mut agent = self.start();
        let status = agent.ended();
        (agent.log(), status)
    }
}

/// A running agent. It is killed when it is dropped.
pub struct Agent {
    child: Child,
    socket: PathBuf,
    log: Arc<Mutex<String>>,
    reader: Option<thread::JoinHandle<()>>,
}

impl Agent {
    pub fn start(folder: &Path, arguments: &[&str], socket: &str) -> Self {
        Self::start_within(folder, arguments, socket, Vec::new())
    }

    fn start_within(
        folder: &Path,
        arguments: &[&str],
        socket: &str,
        environment: Vec<(&str, OsString)>,
    ) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_watchpost"))
            .args(arguments)
            .current_dir(folder)
            .env("HOME", folder)
            .env_remove("XDG_RUNTIME_DIR")
            .env_remove("JOURNAL_STREAM")
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("NOTIFY_SOCKET")
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the agent can be run");
        let log = Arc::<Mutex<String>>::default();
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let page = log.clone();
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *page.lock().expect("no panic") += &(line + "\n");
            }
        });
        Agent { child, socket: folder.join(socket), log, reader: Some(reader) }
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// Waits until it has printed this.
    pub fn says(&self, text: &str) {
        until(
            || self.log().contains(text).then_some(()),
            || format!("the agent never says \"{text}\":\n{}", self.log()),
        );
    }

    /// Asks over the socket; `None` while nobody answers there, or while the watch that is to be
    /// fired runs by itself.
    pub fn try_ask(&self, request: &Request) -> Option<Vec<serde_json::Value>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut frames = Client::connect(&self.socket).await.ok()?.ask(request).await.ok()?;
            let mut values = Vec::new();
            loop {
                match frames.next().await.ok()?? {
                    Frame::Value(value) => values.push(value),
                    Frame::Error { message } if message.contains("is still running") => {
                        return None;
                    }
                    Frame::Error { message } => panic!("{request:?} is refused: {message}"),
                    Frame::Progress(_) => {}
                    Frame::End { .. } => return Some(values),
                }
            }
        })
    }

    pub fn ask(&self, request: &Request) -> Vec<serde_json::Value> {
        until(|| self.try_ask(request), || format!("{request:?} is not answered:\n{}", self.log()))
    }

    pub fn fire(&self, watch: &str) -> serde_json::Value {
        self.ask(&Request::Fire { name: watch.into(), dry_run: false }).remove(0)
    }

    pub fn journal(&self) -> Vec<Entry> {
        let request = Request::Journal { name: None, limit: 100_000, since: None };
        let entries = self.try_ask(&request).unwrap_or_default();
        entries
            .into_iter()
            .map(|entry| serde_json::from_value(entry).expect("a journal's entry"))
            .collect()
    }

    /// Waits for an entry of the journal of which `wanted` makes something.
    pub fn await_entry<T>(&self, what: &str, wanted: impl Fn(&Entry) -> Option<T>) -> T {
        until(
            || self.journal().iter().find_map(&wanted),
            || format!("the journal has no {what}:\n{}", self.log()),
        )
    }

    /// Waits until a script is loaded.
    pub fn await_loaded(&self) {
        self.await_entry("loaded script", |entry| {
            matches!(entry.event, Event::Loaded { watches: 1.., .. }).then_some(())
        });
    }

    /// Waits for a script's `print`, or a word of the agent itself, with this in it.
    pub fn await_note(&self, part: &str) {
        self.await_entry(&format!("note \"{part}\""), |entry| match &entry.event {
            Event::Note { text } if text.contains(part) => Some(()),
            _ => None,
        });
    }

    /// Waits for a mistake with this in it, and returns its whole text.
    pub fn await_mistake(&self, part: &str) -> String {
        self.await_entry(&format!("mistake \"{part}\""), |entry| match &entry.event {
            Event::Failed { message } if message.contains(part) => Some(message.clone()),
            _ => None,
        })
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("an id");
        kill(Pid::from_raw(id), signal).expect("it runs");
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let log = self.log.clone();
        let status = until(
            || child.try_wait().expect("it is our child"),
            || format!("the agent does not end:\n{}", log.lock().expect("no panic")),
        );
        if let Some(reader) = self.reader.take() {
            reader.join().expect("its last words");
        }
        status
    }

    /// Kills it as the power does.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it is our child");
        self.ended();
        self.log()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
