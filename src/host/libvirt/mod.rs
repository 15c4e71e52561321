//! libvirt, natively: a client of its remote protocol.
//!
//! In layers: what is said ([`rpc`], pure), where to ([`uri`], pure), the ways there (`dial`), one
//! [`Connection`], and what can be asked of it (`session`, `domain`, `storage`).

mod connection;
mod dial;
mod domain;
mod error;
pub mod rpc;
mod session;
mod storage;
mod tls;
mod tunnel;
pub mod uri;

pub use connection::{Connection, Stream};
pub use dial::Dialer;
pub use domain::{AddressSource, ShutdownBy};
pub use error::{Error, Result};
pub use uri::{LibvirtUri, UriError};
