//! libvirt, natively: a client of its remote protocol.
//!
//! In layers: what is said ([`rpc`], pure), where to ([`uri`], pure), the ways there (`dial`), one
//! [`Connection`], and what can be asked of it (`session`, `domain`, `storage`). On it stand the
//! [`Machines`] of the inventory: starting and stopping them, making and deleting them, hearing what
//! they do.

mod connection;
mod daemons;
mod describe;
mod dial;
mod domain;
mod error;
mod machines;
mod make;
mod mark;
mod power;
pub mod rpc;
mod seed;
mod session;
mod storage;
mod template;
mod tls;
mod tunnel;
pub mod uri;
mod watch;

pub use connection::{Connection, Stream};
pub use daemons::Daemons;
pub use dial::Dialer;
pub use domain::{AddressSource, ShutdownBy};
pub use error::{Error, Result};
pub use machines::Machines;
pub use make::Build;
pub use seed::Seed;
pub use template::{LibvirtTemplate, NOT_PLACED, Network};
pub use uri::{LibvirtUri, UriError};
