//! A connection for each daemon, made when it is first needed and again when it was lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::{
    Connection, Dialer, LibvirtUri,
    error::{Error, Result},
    rpc::message::Domain,
};

type Slot = Arc<tokio::sync::Mutex<Line>>;

/// The connection to one daemon.
#[derive(Default)]
struct Line {
    connection: Option<Connection>,
    /// When the last attempt failed, and why.
    failed: Option<(Instant, Error)>,
}

/// Clones share the connections.
#[derive(Clone)]
pub struct Daemons {
    dialer: Dialer,
    slots: Arc<Mutex<HashMap<LibvirtUri, Slot>>>,
}

impl Daemons {
    pub fn new(dialer: Dialer) -> Self {
        Daemons { dialer, slots: Arc::default() }
    }

    /// A connection that was alive when last heard of.
    ///
    /// # Errors
    /// What is in the way to the daemon.
    pub async fn connection(&self, uri: &LibvirtUri) -> Result<Connection> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(uri.clone()).or_default().clone()
        };
        // Whoever asks meanwhile waits for the same connection, and shares its fate.
        let asked = Instant::now();
        let mut line = slot.lock().await;
        let alive = line.connection.as_ref().filter(|connection| !connection.has_ended());
        if let Some(connection) = alive {
            return Ok(connection.clone());
        }
        if let Some((_, error)) = line.failed.as_ref().filter(|(when, _)| *when >= asked) {
            return Err(error.clone());
        }
        let result = self.dialer.connect(uri).await;
        line.connection = result.as_ref().ok().cloned();
        line.failed = result.as_ref().err().map(|error| (Instant::now(), error.clone()));
        result
    }

    /// A domain by its name, with the connection that found it. A connection that turns out to be
    /// dead, since its daemon was started anew, is replaced once.
    ///
    /// # Errors
    /// What is in the way to the daemon, or libvirt's own error.
    pub async fn find(&self, uri: &LibvirtUri, name: &str) -> Result<(Connection, Option<Domain>)> {
        let connection = self.connection(uri).await?;
        let connection = match connection.domain(name).await {
            Err(error) if error.is_connection() && connection.has_ended() => {
                self.connection(uri).await?
            }
            found => return found.map(|domain| (connection, domain)),
        };
        let domain = connection.domain(name).await?;
        Ok((connection, domain))
    }
}
