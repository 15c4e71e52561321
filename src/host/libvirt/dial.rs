//! The ways to a daemon: a Unix socket, TCP, TLS, SSH.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::{TcpStream, UnixStream},
    time::timeout,
};

use super::{
    connection::{Connection, Stream},
    error::{Error, Result},
    tls::PkiFiles,
    tunnel,
    uri::{LibvirtUri, Transport},
};
use crate::{
    host::{Inventory, SecretResolver, home, thread},
    plan::{Failure, FailureKind},
};

/// A daemon that has not let us in by then is not reachable.
const WITHIN: Duration = Duration::from_secs(20);

/// No single answer of the greeting takes longer.
const GREETING_WITHIN: Duration = Duration::from_secs(10);

const TCP_PORT: u16 = 16509;
const TLS_PORT: u16 = 16514;

/// What it takes to get to a daemon.
#[derive(Clone)]
pub struct Dialer {
    /// A URI may name a host of it instead of an address.
    pub inventory: Arc<Inventory>,
    pub secrets: SecretResolver,
}

impl Dialer {
    /// Connects, greets the daemon, and has it open what the URI means.
    ///
    /// # Errors
    /// Whatever is in the way, in one line.
    pub async fn connect(&self, uri: &LibvirtUri) -> Result<Connection> {
        let work = async {
            let stream: Box<dyn Stream> = match uri.transport {
                Transport::Unix => Box::new(unix(uri).await?),
                Transport::Tcp => Box::new(self.tcp(uri, TCP_PORT).await?),
                Transport::Tls => Box::new(self.tls(uri).await?),
                Transport::Ssh => Box::new(self.ssh(uri).await?),
            };
            match Connection::open(stream, &uri.driver_uri(), GREETING_WITHIN).await {
                Err(Error::Lost(reason)) if uri.transport == Transport::Ssh => {
                    Err(Error::Lost(self.complaint(uri).await.unwrap_or(reason)))
                }
                opened => opened,
            }
        };
        let late = || Err(Error::Silent { what: "the greeting", within: WITHIN });
        timeout(WITHIN, work).await.unwrap_or_else(|_| late())
    }

    async fn tcp(&self, uri: &LibvirtUri, usual_port: u16) -> Result<TcpStream> {
        let name = uri.host.as_deref().unwrap_or("localhost");
        let port = uri.port.unwrap_or(usual_port);
        let address = match self.inventory.get(name).and_then(|host| host.address.clone()) {
            Some(address) => address,
            None => name.to_owned(),
        };
        let stream = TcpStream::connect((address.as_str(), port)).await;
        let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        stream.map_err(|error| away(format!("no connection to {address} port {port}: {error}")))
    }

    async fn tls(&self, uri: &LibvirtUri) -> Result<tokio_native_tls::TlsStream<TcpStream>> {
        let pkipath = uri.pkipath.as_deref().map(home::expand);
        let files = PkiFiles::choose(pkipath.as_deref(), std::env::home_dir().as_deref());
        let connector = thread::run("libvirt's certificates", move || {
            files.connector().map_err(|error| Failure::new(FailureKind::NotConfigured, error))
        });
        let connector =
            tokio_native_tls::TlsConnector::from(connector.await.map_err(Error::NoWay)?);
        let stream = self.tcp(uri, TLS_PORT).await?;
        let name = uri.host.as_deref().unwrap_or_default();
        let refused = |reason: String| Error::NoWay(Failure::new(FailureKind::Refused, reason));
        let mut stream = connector
            .connect(name, stream)
            .await
            .map_err(|error| refused(format!("no TLS with {name}: {error}")))?;
        // A daemon that has looked at our certificate and likes it says so (virNetTLSContext).
        match stream.read_u8().await {
            Ok(1) => Ok(stream),
            Ok(_) => Err(refused(format!("{name} does not accept our certificate"))),
            Err(error) => {
                let what =
                    format!("{name} does not accept our certificate, or asks for one: {error}");
                Err(refused(what))
            }
        }
    }

    /// What the far end of a stream through SSH had to say, which is no part of the stream.
    async fn complaint(&self, uri: &LibvirtUri) -> Option<String> {
        let target = tunnel::target(uri, &self.inventory).ok()?;
        let (uri, secrets) = (uri.clone(), self.secrets.clone());
        let name = target.name.clone();
        let work = move || tunnel::complaint(&uri, &target, &secrets, WITHIN);
        thread::run(&name, work).await.ok().flatten()
    }

    async fn ssh(&self, uri: &LibvirtUri) -> Result<UnixStream> {
        let target = tunnel::target(uri, &self.inventory).map_err(Error::NoWay)?;
        let (uri, secrets) = (uri.clone(), self.secrets.clone());
        let name = target.name.clone();
        let work = move || tunnel::open(&uri, &target, &secrets, WITHIN);
        let stream = thread::run(&name, work).await.map_err(Error::NoWay)?;
        let stream = stream.set_nonblocking(true).and_then(|()| UnixStream::from_std(stream));
        stream.map_err(|error| away(error.to_string()))
    }
}

fn away(message: String) -> Error {
    Error::NoWay(Failure::new(FailureKind::Unreachable, message))
}

async fn unix(uri: &LibvirtUri) -> Result<UnixStream> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let sockets = uri.sockets(runtime.as_deref());
    let mut trouble = String::new();
    for socket in &sockets {
        match UnixStream::connect(home::expand(socket)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => trouble = no_socket(socket, &error),
        }
    }
    Err(away(trouble))
}

fn no_socket(socket: &Path, error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::PermissionDenied => ": put the agent's user into the group `libvirt`",
        io::ErrorKind::NotFound => ": is libvirt installed, and its socket enabled?",
        io::ErrorKind::ConnectionRefused => ": is the daemon running?",
        _ => "",
    };
    format!("no connection to {}: {error}{help}", socket.display())
}
