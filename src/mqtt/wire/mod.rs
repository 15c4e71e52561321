//! The wire: one connection to a broker, in MQTT 3.1.1 or 5, with what differs between the two
//! hidden. A connection that has failed is thrown away, and nothing of it is used again.

mod tls;
mod v4;
mod v5;

pub use self::tls::{TlsFiles, connector};
use super::Message;
use crate::config::MqttVersion;

/// Incoming packets above this end the connection: the broker was told (5), or sends what nobody
/// sane sends. Well above what a careless neighbour publishes, because with 3.1.1 there is no
/// way to refuse a packet but to hang up.
const LARGEST_PACKET: u32 = 64 << 20;
/// With 5 the broker is asked to keep to itself what would not be read anyway.
const LARGEST_WANTED: u32 = 1 << 20;
/// Messages on their way that the broker has not taken.
pub const IN_FLIGHT: u16 = 128;
/// A broker that says nothing for one and a half of it is gone, and so are we to it.
const KEEP_ALIVE: std::time::Duration = std::time::Duration::from_secs(20);
const CONNECT_WITHIN_S: u64 = 10;
/// Requests that wait for the connection's task.
const REQUESTS: usize = 32;

/// How a connection is made.
#[derive(Clone)]
pub struct How {
    pub host: String,
    pub port: u16,
    pub version: MqttVersion,
    pub client_id: String,
    pub tls: Option<native_tls::TlsConnector>,
    pub login: Option<(String, String)>,
    /// The topic and the payload (retained) by which the broker tells of our end.
    pub will: (String, &'static str),
}

/// Something happened on a connection.
pub enum Happened {
    Connected,
    Came(Message),
    /// The next message was sent with this packet number.
    Sent(u16),
    /// The broker has it, or (the reason) will never take it.
    Taken(u16, Option<String>),
    /// A subscription was refused.
    NotSubscribed(String),
    Other,
}

/// The receiving half, which must be polled for anything to happen at all.
pub enum Wire {
    V4(Box<rumqttc::EventLoop>),
    V5(Box<rumqttc::v5::EventLoop>),
}

/// The sending half.
pub enum Client {
    V4(rumqttc::AsyncClient),
    V5(rumqttc::v5::AsyncClient),
}

/// The connection has ended.
#[derive(Debug)]
pub struct Gone;

pub fn open(how: &How) -> (Client, Wire) {
    match how.version {
        MqttVersion::V311 => v4::open(how),
        MqttVersion::V5 => v5::open(how),
    }
}

impl Wire {
    /// # Errors
    /// Why the connection has ended, or could not be made.
    pub async fn next(&mut self) -> Result<Happened, String> {
        match self {
            Wire::V4(wire) => v4::next(wire).await,
            Wire::V5(wire) => v5::next(wire).await,
        }
    }

    /// What had come in before the connection ended, and was not looked at yet.
    pub fn rest(&mut self) -> Vec<Happened> {
        match self {
            Wire::V4(wire) => wire.state.events.drain(..).map(v4::happened).collect(),
            Wire::V5(wire) => wire.state.events.drain(..).map(v5::happened).collect(),
        }
    }
}

impl Client {
    /// Gives a message to the wire, to be delivered at least once while the connection lasts.
    pub async fn publish(&self, topic: &str, payload: Vec<u8>, retain: bool) -> Result<(), Gone> {
        match self {
            Client::V4(client) => client
                .publish(topic, rumqttc::QoS::AtLeastOnce, retain, payload)
                .await
                .map_err(|_| Gone),
            Client::V5(client) => client
                .publish(topic, rumqttc::v5::mqttbytes::QoS::AtLeastOnce, retain, payload)
                .await
                .map_err(|_| Gone),
        }
    }

    pub async fn subscribe(&self, filter: &str) -> Result<(), Gone> {
        match self {
            Client::V4(client) => {
                client.subscribe(filter, rumqttc::QoS::AtLeastOnce).await.map_err(|_| Gone)
            }
            Client::V5(client) => client
                .subscribe(filter, rumqttc::v5::mqttbytes::QoS::AtLeastOnce)
                .await
                .map_err(|_| Gone),
        }
    }
}
