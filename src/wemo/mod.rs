//! Switches shown as WeMo devices, for Alexa and for Home Assistant.
//!
//! Bytes, frames and meaning are apart: [`ssdp`], [`http`], [`soap`] and [`gena`] are pure functions
//! over bytes; the sockets stand beside them. What the devices switch is the [`crate::switch`]
//! model, which knows nothing of all this.

mod answers;
mod connection;
pub mod device;
mod events;
pub mod gena;
mod group;
mod house;
pub mod http;
pub mod interfaces;
mod log;
mod searches;
mod server;
pub mod soap;
pub mod ssdp;
mod xml;

use chrono::{DateTime, Utc};

pub use self::{
    device::Identity,
    group::Group,
    house::{House, Shown as ShownDevice, Status},
    log::Asking,
    server::run,
};
pub use crate::switch::Kind;

/// `Sat, 23 Jan 2021 00:03:34 GMT`
fn http_date(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%a, %d %b %Y %H:%M:%S GMT")
}
