//! Logging in with keys: the one that the site file names, or the agent's and the usual files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ssh2::Session;

use super::{SecretResolver, Target, error};
use crate::{
    host::home,
    plan::{Failure, FailureKind},
};

/// The files that are tried without a `key` in the site file, as OpenSSH does.
fn default_keys() -> impl Iterator<Item = PathBuf> {
    let names = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];
    names.into_iter().map(|name| home::expand(Path::new(name))).filter(|path| path.exists())
}

/// # Errors
/// `Refused`, with everything that was tried; `NotConfigured` when a passphrase is missing.
pub fn log_in(session: &Session, target: &Target, secrets: &SecretResolver) -> Result<(), Failure> {
    let passphrase = target.passphrase.as_ref().map(|secret| secrets(secret)).transpose();
    let passphrase = passphrase.map_err(|reason| {
        let message = format!("{}: no passphrase for its key: {reason}", target.name);
        Failure::new(FailureKind::NotConfigured, message)
    })?;
    let mut tried = Vec::new();
    if let Some(key) = &target.key {
        match try_key(session, target, key, passphrase.as_deref())? {
            Try::Accepted => return Ok(()),
            Try::Not(reason) => tried.push(reason),
        }
    } else {
        match try_agent(session, target)? {
            Try::Accepted => return Ok(()),
            Try::Not(reason) => tried.push(reason),
        }
        for key in default_keys() {
            match try_key(session, target, &key, passphrase.as_deref())? {
                Try::Accepted => return Ok(()),
                Try::Not(reason) => tried.push(reason),
            }
        }
    }
    let Target { name, user, .. } = target;
    let tried = tried.join("; ");
    let message = format!(
        "{name}: login as {user} refused; tried {tried}. `watchpost hosts add {name}` installs a key"
    );
    Err(Failure::new(FailureKind::Refused, message))
}

enum Try {
    Accepted,
    /// What was tried and why it was of no use.
    Not(String),
}

fn try_key(
    session: &Session,
    target: &Target,
    key: &Path,
    passphrase: Option<&str>,
) -> Result<Try, Failure> {
    let shown = key.display();
    let text = match fs::read(key) {
        Ok(text) => text,
        Err(error) => return Ok(Try::Not(format!("{shown} (cannot be read: {error})"))),
    };
    // libssh2 would only say that it cannot parse the file.
    if passphrase.is_none() && is_encrypted(&text) {
        let advice = "add `passphrase = { secret = \"…\" }` to its ssh settings";
        return Ok(Try::Not(format!("{shown} (it has a passphrase: {advice})")));
    }
    match session.userauth_pubkey_file(&target.user, None, key, passphrase) {
        Ok(()) => Ok(Try::Accepted),
        Err(error) if error::is_denied(&error) => {
            Ok(Try::Not(format!("{shown} (not accepted there)")))
        }
        Err(error) if error::is_bad_key_file(&error) => {
            let why =
                if passphrase.is_some() { "the passphrase is wrong, or it is" } else { "it is" };
            Ok(Try::Not(format!("{shown} ({why} not a private key)")))
        }
        Err(error) => Err(error::failure(&target.name, "login", &error)),
    }
}

fn try_agent(session: &Session, target: &Target) -> Result<Try, Failure> {
    if std::env::var_os("SSH_AUTH_SOCK").is_none() {
        return Ok(Try::Not("no ssh-agent (SSH_AUTH_SOCK is not set)".to_owned()));
    }
    let listed = session.agent().and_then(|mut agent| {
        agent.connect()?;
        agent.list_identities()?;
        let keys = agent.identities()?;
        Ok((agent, keys))
    });
    let (agent, keys) = match listed {
        Ok(both) => both,
        Err(error) => return Ok(Try::Not(format!("the ssh-agent ({})", error.message()))),
    };
    for key in &keys {
        match agent.userauth(&target.user, key) {
            Ok(()) => return Ok(Try::Accepted),
            Err(error) if error::is_timeout(&error) => {
                return Err(error::failure(&target.name, "login", &error));
            }
            // Not accepted, or the agent would not sign with it: the next one may do.
            Err(_) => {}
        }
    }
    Ok(Try::Not(format!("the ssh-agent's {} keys (none accepted)", keys.len())))
}

/// Whether a private key file asks for a passphrase: PEM says so in its header; OpenSSH's own
/// format (PROTOCOL.key) names a cipher right after its magic bytes.
fn is_encrypted(file: &[u8]) -> bool {
    let text = String::from_utf8_lossy(file);
    if text.contains("ENCRYPTED") {
        return true;
    }
    let body: String = text.lines().filter(|line| !line.starts_with('-')).map(str::trim).collect();
    let Ok(bytes) = openssl::base64::decode_block(&body) else { return false };
    bytes.strip_prefix(b"openssh-key-v1\0\0\0\0").is_some_and(|rest| !rest.starts_with(b"\x04none"))
}
