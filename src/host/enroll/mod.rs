//! `watchpost hosts add NAME`: makes a host and the agent trust each other, with as little trust
//! as will do. Done twice, it changes nothing the second time.
//!
//! All of it blocks, as does the person at the keyboard: call it from a plain thread.

pub(super) mod agent_key;
mod authorize;
mod first_login;
mod password;
mod sudoers;
pub(super) mod trust;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use password::Password;

use super::{
    Host, Inventory, home,
    outcome::{KEPT, Outcome},
    ssh::{Deadline, SecretResolver, SshSession, Target, connect},
};
use crate::plan::Failure;

/// No single step, the person's thinking aside, takes longer.
const STEP_WITHIN: Duration = Duration::from_secs(30);

/// Where the agent's key is kept unless the site file names one for the host.
pub const AGENT_KEY: &str = "~/.ssh/watchpost_ed25519";

/// Where known hosts stand unless the site file says otherwise.
const KNOWN_HOSTS: &str = "~/.ssh/known_hosts";

/// The person who adds the host.
pub trait Person {
    /// Shows one line of progress.
    fn say(&mut self, line: &str);

    /// Asks a question whose answer is yes or no.
    fn confirm(&mut self, question: &str) -> bool;

    /// Asks for a password without showing it; `None` when there is none to be had.
    fn password(&mut self, question: &str) -> Option<Password>;
}

/// What is to be done.
pub struct Enrollment<'a> {
    pub host: &'a Host,
    pub inventory: &'a Inventory,
    pub secrets: &'a SecretResolver,
    /// The agent's private key; made if there is none. Usually [`AGENT_KEY`]; the host's own `key`
    /// in the site file goes before it.
    pub agent_key: PathBuf,
    /// A private key of the person's, without a passphrase, that the host accepts already.
    pub first_key: Option<PathBuf>,
    /// `from="…"` in authorized_keys (sshd(8)): the only addresses that the key is good for.
    pub from: Option<String>,
}

/// A host that the agent can act upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// False when everything was in place already.
    pub changed: bool,
    /// What the site file should say of the host's SSH.
    pub site: String,
}

/// Checks the host's key with the person, installs the agent's key and the sudoers file, and tests
/// both.
///
/// # Errors
/// One line that says which step failed and how to mend it. What was done before stays done.
pub fn enroll(wish: &Enrollment<'_>, person: &mut dyn Person) -> Result<Enrolled, Failure> {
    let mut target = Target::of(wish.host, wish.inventory)?;
    let key_path = target.key.clone().unwrap_or_else(|| home::expand(&wish.agent_key));
    let name = target.name.clone();

    let mut changed = trust::host_key(&target, wish.secrets, person)?;
    let key = agent_key::at(&key_path, &name)?;
    if key.is_new {
        person.say(&format!("made the agent's key {}", key_path.display()));
    }
    changed |= key.is_new;

    let login = first_login::log_in(wish, &target, &key_path, person)?;
    target.key = Some(key_path);
    let mut password = login.password;
    if !login.by_agent_key {
        let line = authorize::line(&key, &wish.host.name, wish.inventory, wish.from.as_deref())?;
        authorize::install(&login.session, &name, &line, &key)?;
        person.say(&format!("the agent's key is authorized on {name}, for commands only"));
        changed = true;
    }
    drop(login.session);

    let session = connect(&target, wish.secrets, Deadline::within(STEP_WITHIN))?;
    person.say(&format!("login on {name} as {} with the agent's key works", target.user));
    changed |= sudoers::install(&session, &target, &mut password, person)?;
    Ok(Enrolled { changed, site: site(&target) })
}

/// One command of an enrollment.
fn run(
    session: &SshSession,
    line: &str,
    input: &mut dyn std::io::Read,
) -> Result<Outcome, Failure> {
    let deadline = Deadline::within(STEP_WITHIN);
    session.run(session.open_channel(deadline)?, line, input, KEPT, deadline)
}

/// The host's `ssh` setting as TOML.
fn site(target: &Target) -> String {
    let mut settings = toml::Table::new();
    settings.insert("user".to_owned(), target.user.clone().into());
    if target.port != 22 {
        settings.insert("port".to_owned(), i64::from(target.port).into());
    }
    if let Some(key) = &target.key {
        settings.insert("key".to_owned(), key.display().to_string().into());
    }
    if let Some(passphrase) = &target.passphrase {
        let secret =
            toml::Table::from_iter([("secret".to_owned(), passphrase.name.clone().into())]);
        settings.insert("passphrase".to_owned(), secret.into());
    }
    if target.known_hosts != home::expand(Path::new(KNOWN_HOSTS)) {
        let file = target.known_hosts.display().to_string();
        settings.insert("known_hosts".to_owned(), file.into());
    }
    if let Some(gate) = &target.via {
        settings.insert("jump".to_owned(), gate.name.to_string().into());
    }
    format!("[hosts.{}]\nssh = {}", target.name, toml::Value::Table(settings))
}
