//! MQTT: readings go out, messages and commands come in, over a broker that may be away for days.
//!
//! The layers, from the wire up: [`wire`] speaks 3.1.1 or 5 through rumqttc and knows nothing of
//! Watchpost; [`link`] keeps one connection after the other alive; [`bus`] is what everyone else
//! holds. A connection keeps no state over its end: what must not be lost is in the store, what is
//! merely shown is on the bus and shown anew, and subscriptions are made anew.
//!
//! [`wire`]: self::wire
//! [`link`]: self::link
//! [`bus`]: self::bus

mod acks;
mod bus;
mod complaints;
pub mod discovery;
mod hearing;
mod link;
pub mod payload;
mod peers;
mod pump;
mod session;
pub mod topic;
mod wire;

pub use self::{
    bus::{Bus, Inbox, Message, PublishError},
    hearing::{Hearing, hear_all},
    link::Link,
    peers::hear_peers,
    pump::pump,
};
