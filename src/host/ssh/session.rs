//! One session: connected, its host's key checked, logged in.

use std::{fs, io, sync::Arc, time::Duration};

use ssh2::{MethodType, Session};

use super::{
    Deadline, HostKey, KnownHosts, SecretResolver, Target, Verdict, auth, error, jump, wire::Wire,
};
use crate::plan::{Failure, FailureKind};

/// A host that has not let us in by then is not reachable.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);

/// Seconds between signs of life, both ways, while a command is silent.
pub const KEEPALIVE: u32 = 15;

/// A session that nobody has logged into yet, and whose host may be anybody.
pub struct Greeted {
    session: SshSession,
    key: HostKey,
}

/// A session that is logged in.
pub struct SshSession {
    pub(super) session: Session,
    pub(super) wire: Wire,
    pub(super) host: Arc<str>,
}

/// Connects, checks the host's key against known_hosts, and logs in.
///
/// # Errors
/// `Unreachable` and `TimedOut` on the way there, `Refused` by either side's keys.
pub fn connect(
    target: &Target,
    secrets: &SecretResolver,
    deadline: Deadline,
) -> Result<SshSession, Failure> {
    let deadline = deadline.at_most(CONNECT_WITHIN);
    let known = read_known_hosts(target)?;
    let session = greet(target, &known, secrets, deadline)?.verify(target, &known)?;
    session.patience(deadline);
    auth::log_in(&session.session, target, secrets)?;
    Ok(session)
}

/// The target's known_hosts file; one that does not exist knows nobody.
pub fn read_known_hosts(target: &Target) -> Result<KnownHosts, Failure> {
    match fs::read(&target.known_hosts) {
        Ok(text) => Ok(KnownHosts::parse(&String::from_utf8_lossy(&text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KnownHosts::default()),
        Err(error) => Err(Failure::new(
            FailureKind::Refused,
            format!("{}: {} cannot be read: {error}", target.name, target.known_hosts.display()),
        )),
    }
}

/// Connects and exchanges keys, no more: the host's own key is still to be judged.
///
/// # Errors
/// `Unreachable`, `TimedOut`, or whatever went wrong with a jump host on the way.
pub fn greet(
    target: &Target,
    known: &KnownHosts,
    secrets: &SecretResolver,
    deadline: Deadline,
) -> Result<Greeted, Failure> {
    let wire = match &target.via {
        None => Wire::dial(target, deadline)?,
        Some(gate) => {
            jump::reach(gate, target, secrets, deadline)?.map(Wire::Jump).ok_or_else(|| {
                let (name, gate) = (&target.name, &gate.name);
                let message = format!("{name}: {gate} cannot reach it at {}", target.address);
                Failure::new(FailureKind::Unreachable, message)
            })?
        }
    };
    let name = &target.name;
    let wrong = |error: &ssh2::Error| error::failure(name, "no SSH connection", error);
    let mut session = Session::new().map_err(|error| wrong(&error))?;
    let copy = wire.try_clone().map_err(|error| {
        Failure::new(FailureKind::Unreachable, format!("{name}: no SSH connection: {error}"))
    })?;
    copy.attach_to(&mut session);
    let supported = session.supported_algs(MethodType::HostKey).map_err(|error| wrong(&error))?;
    let methods = known.preferred_methods(&target.address, target.port, &supported);
    session.method_pref(MethodType::HostKey, &methods).map_err(|error| wrong(&error))?;
    session.set_timeout(deadline.millis());
    session.handshake().map_err(|error| wrong(&error))?;
    session.set_keepalive(true, KEEPALIVE);
    let key = session.host_key().and_then(|(blob, _)| HostKey::from_blob(blob.to_vec()));
    let key = key.ok_or_else(|| {
        Failure::new(FailureKind::Refused, format!("{name}: it showed no usable host key"))
    })?;
    Ok(Greeted { session: SshSession { session, wire, host: name.clone() }, key })
}

impl Greeted {
    pub fn key(&self) -> &HostKey {
        &self.key
    }

    /// Goes on only if the host is who it should be.
    ///
    /// # Errors
    /// `Refused`, with the fingerprints and what to do about them.
    pub fn verify(self, target: &Target, known: &KnownHosts) -> Result<SshSession, Failure> {
        match known.verdict(&target.address, target.port, &self.key) {
            Verdict::Known => Ok(self.session),
            verdict => {
                Err(Failure::new(FailureKind::Refused, mistrust(target, &self.key, &verdict)))
            }
        }
    }
}

fn mistrust(target: &Target, shown: &HostKey, verdict: &Verdict) -> String {
    let (name, file) = (&target.name, target.known_hosts.display());
    match verdict {
        Verdict::Changed(known) => {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            format!(
                "{name}: ITS HOST KEY HAS CHANGED: it shows {shown}, but {file} knows {}. Either \
                 it was installed anew, or someone else answers at {}. If you know why, remove its \
                 line from {file} and run `watchpost hosts add {name}`",
                known.join(" and "),
                target.address,
            )
        }
        Verdict::Revoked => format!("{name}: its host key {shown} is marked @revoked in {file}"),
        Verdict::Known | Verdict::Unknown => format!(
            "{name}: its host key {shown} is not in {file}: run `watchpost hosts add {name}`"
        ),
    }
}

impl SshSession {
    /// How long the next calls may block.
    pub(super) fn patience(&self, deadline: Deadline) {
        self.session.set_timeout(deadline.millis());
    }

    /// The bare session, for a first login by other means than keys.
    pub fn bare(&self) -> &Session {
        &self.session
    }
}

/// Says goodbye, without insisting on an answer.
impl Drop for SshSession {
    fn drop(&mut self) {
        self.session.set_blocking(true);
        self.session.set_timeout(1000);
        // The other side may be gone already.
        let _ = self.session.disconnect(None, "done", None);
    }
}
