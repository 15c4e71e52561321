//! The agent's line in the host's authorized_keys.

use super::agent_key::AgentKey;
use crate::{
    host::{Inventory, shell, ssh::SshSession},
    plan::{Failure, FailureKind},
};

/// `$1` the line, `$2` the bare key. A line that has the key already is left as its owner wrote it.
const APPEND: &str = r#"set -eu
umask 077
mkdir -p "$HOME/.ssh"
file=$HOME/.ssh/authorized_keys
touch "$file"
if grep -qF -e "$2" "$file"; then exit 0; fi
if [ -n "$(tail -c 1 "$file")" ]; then echo >> "$file"; fi
printf '%s\n' "$1" >> "$file""#;

/// The key with its restrictions (sshd(8), "AUTHORIZED_KEYS FILE FORMAT"): no terminal, no agent,
/// no X11, no forwarding. Commands still run. A host that others are reached through may forward,
/// to just those.
pub fn line(
    key: &AgentKey,
    host: &str,
    inventory: &Inventory,
    from: Option<&str>,
) -> Result<String, Failure> {
    let mut options = vec!["restrict".to_owned()];
    let behind: Vec<_> =
        inventory.iter().filter(|each| each.ssh.jump.as_deref() == Some(host)).collect();
    if !behind.is_empty() {
        options.push("port-forwarding".to_owned());
    }
    for each in behind {
        if let Some(address) = &each.address {
            options.push(format!("permitopen=\"{}:{}\"", quotable(address, host)?, each.ssh.port));
        }
    }
    if let Some(from) = from {
        options.push(format!("from=\"{}\"", quotable(from, host)?));
    }
    Ok(format!("{} {}", options.join(","), key.public_line()))
}

/// Nothing that could end the quotes or the line.
fn quotable<'a>(text: &'a str, host: &str) -> Result<&'a str, Failure> {
    if text.chars().any(|c| c == '"' || c == '\\' || c.is_whitespace() || c.is_control()) {
        let message = format!("{host}: {text:?} cannot stand in authorized_keys");
        return Err(Failure::new(FailureKind::NotConfigured, message));
    }
    Ok(text)
}

pub fn install(
    session: &SshSession,
    host: &str,
    line: &str,
    key: &AgentKey,
) -> Result<(), Failure> {
    let command = shell::script(APPEND, &[line, &key.public.to_base64()]);
    let outcome = super::run(session, &command, &mut std::io::empty())?;
    outcome.into_done(host, "writing its authorized_keys").map(|_| ())
}
