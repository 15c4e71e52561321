//! A connection for each daemon, made when it is first needed and again when it was lost.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Connection, Dialer, LibvirtUri, error::Result, rpc::message::Domain};

type Slot = Arc<tokio::sync::Mutex<Option<Connection>>>;

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
        // Whoever asks meanwhile waits for the same connection.
        let mut slot = slot.lock().await;
        if let Some(connection) = slot.as_ref().filter(|connection| !connection.has_ended()) {
            return Ok(connection.clone());
        }
        let connection = self.dialer.connect(uri).await?;
        *slot = Some(connection.clone());
        Ok(connection)
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
