//! A client that writes down what it hears, over any number of connections, in one session that the
//! broker keeps for it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rumqttc::{Client, Event, MqttOptions, Packet, QoS};
use serde_json::Value;

pub struct Heard {
    pub topic: String,
    pub payload: Vec<u8>,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

#[derive(Clone)]
pub struct Listener {
    heard: Arc<Mutex<Vec<Heard>>>,
    /// How many sessions the broker has made for it: more than one, and it forgot one.
    sessions: Arc<AtomicUsize>,
    client: Client,
}

impl Listener {
    pub fn start(port: u16, filters: &[&str]) -> Self {
        Self::start_with(MqttOptions::new("listener", "127.0.0.1", port), filters)
    }

    pub fn start_with(mut options: MqttOptions, filters: &[&str]) -> Self {
        options
            .set_clean_session(false)
            .set_keep_alive(Duration::from_secs(5))
            .set_max_packet_size(32 << 20, 32 << 20);
        let (client, mut connection) = Client::new(options, 64);
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let sessions = Arc::<AtomicUsize>::default();
        let (notes, again, made) = (heard.clone(), client.clone(), sessions.clone());
        let filters: Vec<String> = filters.iter().map(|&filter| filter.to_owned()).collect();
        thread::spawn(move || {
            for event in connection.iter() {
                match event {
                    // A session that the broker has kept has its subscriptions; to subscribe anew
                    // would bring what is retained once more, before what has waited.
                    Ok(Event::Incoming(Packet::ConnAck(ack))) if !ack.session_present => {
                        made.fetch_add(1, Ordering::SeqCst);
                        for filter in &filters {
                            again.try_subscribe(filter, QoS::AtLeastOnce).expect("room for it");
                        }
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        notes.lock().unwrap().push(Heard {
                            topic: publish.topic,
                            payload: publish.payload.to_vec(),
                        });
                    }
                    Ok(_) => {}
                    // The broker is away; the iterator connects anew. A NATS that has just begun does
                    // not know its sessions yet, and would begin another one without what waits.
                    Err(_) => thread::sleep(Duration::from_secs(1)),
                }
            }
        });
        Listener { heard, sessions, client }
    }

    pub fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>, retain: bool) {
        self.client.publish(topic, QoS::AtLeastOnce, retain, payload).expect("a connection");
    }

    pub fn sessions(&self) -> usize {
        self.sessions.load(Ordering::SeqCst)
    }

    /// The latest on a topic.
    pub fn last(&self, topic: &str) -> Option<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().rfind(|each| each.topic == topic).map(Heard::text)
    }

    pub fn with<T>(&self, look: impl FnOnce(&[Heard]) -> T) -> T {
        look(&self.heard.lock().unwrap())
    }

    /// The numbers of the readings in the order in which each came first, and how many came again.
    pub fn numbers(&self) -> (Vec<u64>, usize) {
        self.numbers_where(|_| true)
    }

    /// The same of one topic.
    pub fn of(&self, topic: &str) -> Vec<u64> {
        self.numbers_where(|each| each == topic).0
    }

    fn numbers_where(&self, is_meant: impl Fn(&str) -> bool) -> (Vec<u64>, usize) {
        let mut seen = BTreeSet::new();
        let mut again = 0;
        let numbers = self.with(|heard| {
            let meant = heard.iter().filter(|each| is_meant(&each.topic));
            let numbers = meant.filter_map(|each| each.json()["seq"].as_u64());
            numbers
                .filter(|seq| {
                    let is_new = seen.insert(*seq);
                    again += usize::from(!is_new);
                    is_new
                })
                .collect()
        });
        (numbers, again)
    }
}
