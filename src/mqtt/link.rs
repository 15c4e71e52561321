//! Keeps a connection to the broker: one after the other, for as long as the agent runs.

use std::time::Duration;

use tokio::sync::watch;

use super::{
    bus::Bus,
    session::{OFFLINE, Session},
    topic::{Topics, escape},
    wire::{How, TlsFiles, connector},
};
use crate::{
    clock::Clock,
    config::MqttSettings,
    host::SecretResolver,
    journal::{Event, Journal},
    store::Store,
};

/// Before the second attempt; every further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// After a connection that stood for a moment: what waits is to be delivered, but two agents of one
/// name, who drive each other off, must not do so a hundred times a minute.
const AFTER_A_MOMENT: Duration = Duration::from_secs(2);
/// A connection that held this long was a good one.
const GOOD: Duration = Duration::from_secs(10);

type Address = (String, u16);

/// The task that keeps the connection.
pub struct Link {
    pub settings: MqttSettings,
    pub topics: Topics,
    pub bus: Bus,
    pub store: Store,
    pub clock: Clock,
    pub journal: Journal,
    pub secrets: SecretResolver,
}

impl Link {
    /// Until `stop` says true or its sender is gone. The connection is simply dropped then, and the
    /// broker tells everyone by the last will.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.keep() => {}
        }
    }

    async fn keep(&self) {
        let mut pause = FIRST_PAUSE;
        let (mut told, mut turn) = (None, 0);
        loop {
            let broker = &self.settings.brokers[turn % self.settings.brokers.len()];
            let (began, mut stood) = (self.clock.monotonic(), false);
            let why = match self.how(broker) {
                Ok(how) => {
                    let (bus, store, clock) = (&self.bus, &self.store, &self.clock);
                    let session = Session { bus, store, clock, topics: &self.topics };
                    let connected = || {
                        stood = true;
                        self.tell_connected(broker, &mut told);
                    };
                    session.live(&how, connected).await
                }
                Err(why) => {
                    self.bus.disconnected(&why);
                    why
                }
            };
            // The same trouble is told once, not at every attempt.
            if told.as_ref() != Some(&why) {
                let text = format!("no connection to the broker {}: {why}", name(broker));
                self.journal.note("", Event::Note { text });
                told = Some(why);
            }
            if self.clock.monotonic() - began >= GOOD {
                pause = FIRST_PAUSE;
            } else if stood {
                pause = pause.min(AFTER_A_MOMENT);
            }
            turn += 1;
            // A fleet that lost its broker must not come back in step.
            self.clock.sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
            // Every node of a cluster is tried before anybody waits longer.
            if turn % self.settings.brokers.len() == 0 {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    fn tell_connected(&self, broker: &Address, told: &mut Option<String>) {
        let text = format!("connected to the broker {}", name(broker));
        self.journal.note("", Event::Note { text });
        *told = None;
    }

    /// Secrets and certificates are read anew for every connection.
    fn how(&self, (host, port): &Address) -> Result<How, String> {
        let MqttSettings { tls, ca, identity, user, password, .. } = &self.settings;
        let files = TlsFiles { ca: ca.as_deref(), identity: identity.as_ref() };
        let tls = tls.then(|| connector(&files)).transpose()?;
        let password = password.as_ref().map(|secret| (self.secrets)(secret)).transpose()?;
        Ok(How {
            host: host.clone(),
            port: *port,
            version: self.settings.version,
            // The same over restarts, so that a broker drops the old connection for the new one.
            client_id: format!("watchpost-{}", escape(self.topics.site())),
            tls,
            login: user.clone().map(|user| (user, password.unwrap_or_default())),
            will: (self.topics.status(), OFFLINE),
        })
    }
}

fn name((host, port): &Address) -> String {
    format!("{host}:{port}")
}
