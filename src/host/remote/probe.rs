//! Whether a host is up, now.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpStream, UnixStream, lookup_host},
    time::timeout,
};

use super::{RemoteHosts, bounded};
use crate::{
    host::{
        Host, HostKind, How,
        ssh::{Deadline, Target, reach},
        thread,
    },
    plan::{Failure, FailureKind, Power},
};

/// A host that is up says who it is within this time.
const BANNER_WITHIN: Duration = Duration::from_secs(3);

/// The way through a jump host takes a login there first.
const JUMP_WITHIN: Duration = Duration::from_secs(10);

/// A host's own `state` command gets no longer than this.
const STATE_WITHIN: Duration = Duration::from_secs(20);

impl RemoteHosts {
    /// Asks the host's `state` command, else whether SSH answers on its port. Only a host from
    /// which nothing comes at all is down: one that refuses the connection runs, and cannot be
    /// told to stop. Behind a jump host the two look the same, and count as down.
    ///
    /// # Errors
    /// When it is not known, or the host runs without SSH: no address, a name that does not
    /// resolve, a network or a jump host that is away, a refused connection, a `state` command
    /// that could not be run to its end.
    pub async fn probe(&self, host: &Host) -> Result<Power, Failure> {
        let power = self.look(host).await?;
        self.news.tell(&host.name, power, How::Look);
        Ok(power)
    }

    pub(super) async fn look(&self, host: &Host) -> Result<Power, Failure> {
        if host.kind == HostKind::ThisBoard {
            return Ok(Power::Up);
        }
        let Some(command) = &host.commands.state else {
            return match host.kind.is_virtual() {
                true => self.look_at_machine(host).await,
                false => self.listens(host).await,
            };
        };
        let place = self.place_of_start(host)?;
        // A host cannot say that it is down; so its port is asked before itself is, and so is
        // that of the host that carries it: with that one down, it is down as well.
        if self.listens(place).await? == Power::Down {
            return Ok(Power::Down);
        }
        let within = host.command_within.min(STATE_WITHIN);
        let outcome = self.run(place, command, None, within).await?;
        match outcome.into_done(&host.name, "its state command") {
            Ok(_) => Ok(Power::Up),
            Err(Failure { kind: FailureKind::Exit(_), .. }) => Ok(Power::Down),
            Err(failure) => Err(failure),
        }
    }

    /// Whether SSH answers on the host's port, through its jump host if it has one.
    pub(super) async fn listens(&self, host: &Host) -> Result<Power, Failure> {
        if host.kind == HostKind::ThisBoard {
            return Ok(Power::Up);
        }
        let target = Target::of(&*self.reachable(host).await?, &self.inventory)?;
        match &target.via {
            None => listens_directly(&target).await,
            Some(gate) => {
                let (gate, secrets) = (gate.clone(), self.pool.secrets().clone());
                let work = move || reach(&gate, &target, &secrets, Deadline::within(JUMP_WITHIN));
                let way = thread::run(&host.name, work);
                let Some(stream) = bounded(&host.name, JUMP_WITHIN, way).await? else {
                    return Ok(Power::Down);
                };
                let stream =
                    stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
                let stream = stream.map_err(|error| unknown(&host.name, &error))?;
                Ok(power(timeout(BANNER_WITHIN, is_ssh(stream)).await.unwrap_or(false)))
            }
        }
    }
}

async fn listens_directly(target: &Target) -> Result<Power, Failure> {
    let place = (target.address.as_str(), target.port);
    let places: Vec<SocketAddr> = match timeout(BANNER_WITHIN, lookup_host(place)).await {
        Ok(Ok(places)) => places.collect(),
        Ok(Err(error)) => return Err(unresolved(target, &error.to_string())),
        Err(_) => return Err(unresolved(target, "no answer in time")),
    };
    let (mut runs, mut is_silent, mut no_way) = (false, false, None);
    for place in places {
        match greeting(place).await {
            Greeting::Ssh => return Ok(Power::Up),
            Greeting::Other => runs = true,
            Greeting::Silence => is_silent = true,
            Greeting::NoWay(error) => no_way = Some(error),
        }
    }
    match no_way {
        _ if runs => Err(refuses(target)),
        Some(error) if !is_silent => Err(unknown(&target.name, &error)),
        _ => Ok(Power::Down),
    }
}

/// How one address of a host answers.
enum Greeting {
    Ssh,
    /// A machine that refuses, or says anything else, runs.
    Other,
    Silence,
    /// This board has no way there at all, which says nothing about the host; perhaps it has one
    /// to the host's next address.
    NoWay(io::Error),
}

async fn greeting(place: SocketAddr) -> Greeting {
    let stream = match timeout(BANNER_WITHIN, TcpStream::connect(place)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return match error.kind() {
                io::ErrorKind::NetworkUnreachable => Greeting::NoWay(error),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                    Greeting::Other
                }
                _ => Greeting::Silence,
            };
        }
        Err(_) => return Greeting::Silence,
    };
    match timeout(BANNER_WITHIN, is_ssh(stream)).await {
        Ok(true) => Greeting::Ssh,
        Ok(false) | Err(_) => Greeting::Other,
    }
}

/// Whether the stream begins as SSH does (RFC 4253, 4.2).
async fn is_ssh(mut stream: impl AsyncRead + Unpin) -> bool {
    let mut banner = [0; 4];
    stream.read_exact(&mut banner).await.is_ok() && &banner == b"SSH-"
}

fn power(is_up: bool) -> Power {
    if is_up { Power::Up } else { Power::Down }
}

fn refuses(target: &Target) -> Failure {
    let message = format!(
        "{}: it runs, but does not take SSH on {}:{}: is sshd running there, and `port` right?",
        target.name, target.address, target.port
    );
    Failure::new(FailureKind::Unreachable, message)
}

fn unknown(name: &str, error: &io::Error) -> Failure {
    let message = format!("{name}: whether it is up cannot be known: {error}");
    Failure::new(FailureKind::Unreachable, message)
}

fn unresolved(target: &Target, reason: &str) -> Failure {
    let message =
        format!("{}: the address `{}` cannot be resolved: {reason}", target.name, target.address);
    Failure::new(FailureKind::Unreachable, message)
}
