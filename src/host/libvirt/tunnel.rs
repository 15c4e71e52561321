//! To a daemon through SSH: `virt-ssh-helper` there, else a stream to its socket, else netcat.

use std::{
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::unistd::{User, getuid};

use super::uri::{LibvirtUri, Proxy};
use crate::{
    host::{
        Inventory, SecretResolver, home, shell,
        ssh::{self, Deadline, SshSession, Target},
    },
    plan::{Failure, FailureKind},
};

const PORT: u16 = 22;

/// Where the URI leads: a host of the inventory with all that it says about SSH, or any other. What
/// the URI says itself comes first.
///
/// # Errors
/// When the inventory does not say how to reach it.
pub fn target(uri: &LibvirtUri, inventory: &Inventory) -> Result<Target, Failure> {
    let name = uri.host.as_deref().unwrap_or_default();
    let mut target = match inventory.get(name) {
        Some(host) => Target::of(host, inventory)?,
        None => Target {
            name: name.into(),
            address: name.to_owned(),
            port: PORT,
            user: own_name(),
            key: None,
            passphrase: None,
            known_hosts: home::expand(Path::new("~/.ssh/known_hosts")),
            via: None,
        },
    };
    if let Some(user) = &uri.user {
        target.user.clone_from(user);
    }
    target.port = uri.port.unwrap_or(target.port);
    if let Some(keyfile) = &uri.keyfile {
        target.key = Some(home::expand(keyfile));
    }
    if let Some(known_hosts) = &uri.known_hosts {
        target.known_hosts = home::expand(known_hosts);
    }
    Ok(target)
}

fn own_name() -> String {
    User::from_uid(getuid()).ok().flatten().map_or_else(|| "root".to_owned(), |user| user.name)
}

/// Opens a stream to the daemon. Blocks.
///
/// # Errors
/// Whatever keeps us from the SSH server, or it from the daemon.
pub fn open(
    uri: &LibvirtUri,
    target: &Target,
    secrets: &SecretResolver,
    within: Duration,
) -> Result<UnixStream, Failure> {
    let deadline = Deadline::within(within);
    let session = ssh::connect(target, secrets, deadline)?;
    if may_be_helped(uri) {
        if session.succeeds("command -v virt-ssh-helper", deadline)? {
            return session.into_command(&helper(uri), deadline);
        }
        if uri.proxy == Proxy::Native {
            let message = format!(
                "{}: there is no virt-ssh-helper: leave `proxy=native` out of the URI",
                target.name
            );
            return Err(Failure::new(FailureKind::NotConfigured, message));
        }
    }
    let mut sockets = Vec::new();
    for socket in uri.sockets(runtime(uri, &session, deadline)?.as_deref()) {
        let path = shell::quote(&socket.display().to_string());
        if session.succeeds(&format!("test -S {path}"), deadline)? {
            sockets.push(socket);
        }
    }
    let Some(socket) = sockets.first() else {
        let message = format!(
            "{}: libvirt has no socket there that {} could see: is it installed, and is it running?",
            target.name, target.user
        );
        return Err(Failure::new(FailureKind::Unreachable, message));
    };
    let netcat = uri.netcat.as_deref().unwrap_or("nc");
    if uri.proxy == Proxy::Netcat || uri.netcat.is_some() {
        return through_netcat(session, netcat, socket, deadline);
    }
    // A key may forbid streams and still allow commands.
    match session.channel_to_socket(socket, deadline) {
        Ok(channel) => session.carry(channel),
        Err(_) => through_netcat(session, netcat, socket, deadline),
    }
}

/// The helper asks libvirt itself where its socket is; it takes none from outside.
fn may_be_helped(uri: &LibvirtUri) -> bool {
    let may = uri.socket.is_none() && uri.netcat.is_none() && uri.proxy != Proxy::Netcat;
    may || uri.proxy == Proxy::Native
}

fn helper(uri: &LibvirtUri) -> String {
    format!("virt-ssh-helper {}", shell::quote(&uri.driver_uri()))
}

/// Why the helper ended at once: its last words.
///
/// # Errors
/// Like [`open`].
pub fn complaint(
    uri: &LibvirtUri,
    target: &Target,
    secrets: &SecretResolver,
    within: Duration,
) -> Result<Option<String>, Failure> {
    if !may_be_helped(uri) {
        return Ok(None);
    }
    let deadline = Deadline::within(within);
    let session = ssh::connect(target, secrets, deadline)?;
    let told = session.ask(&helper(uri), deadline)?.output;
    Ok(told.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned))
}

fn through_netcat(
    session: SshSession,
    netcat: &str,
    socket: &Path,
    deadline: Deadline,
) -> Result<UnixStream, Failure> {
    let (netcat, socket) = (shell::quote(netcat), shell::quote(&socket.display().to_string()));
    session.into_command(&format!("{netcat} -U {socket}"), deadline)
}

/// The runtime folder of the user there, which is asked for only where it matters.
fn runtime(
    uri: &LibvirtUri,
    session: &SshSession,
    deadline: Deadline,
) -> Result<Option<PathBuf>, Failure> {
    if !uri.is_session() {
        return Ok(None);
    }
    let ask = r#"sh -c 'echo "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"'"#;
    let told = session.ask(ask, deadline)?.output;
    Ok(told.lines().next().map(PathBuf::from))
}
