//! Switches shown as WeMo devices, for Alexa and for Home Assistant.
//!
//! Bytes, frames and meaning are apart: [`ssdp`], [`http`], [`soap`] and [`gena`] are pure functions
//! over bytes; the sockets stand beside them. What the devices switch is the [`crate::switch`]
//! model, which knows nothing of all this.

pub mod device;
pub mod gena;
pub mod http;
pub mod soap;
pub mod ssdp;
mod xml;

use chrono::{DateTime, Utc};

pub use self::device::Identity;
pub use crate::switch::Kind;

/// `Sat, 23 Jan 2021 00:03:34 GMT`
fn http_date(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%a, %d %b %Y %H:%M:%S GMT")
}
