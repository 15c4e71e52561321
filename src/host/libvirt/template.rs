//! What `create` makes a machine from.

use std::path::PathBuf;

use super::LibvirtUri;

/// Why `create` leaves a host alone.
pub const NOT_PLACED: &str = "only hosts of kind = \"placed\" are made from templates";

/// A `[templates.NAME]` of `kind = "libvirt"`.
#[derive(Clone, Debug, PartialEq)]
pub struct LibvirtTemplate {
    pub uri: LibvirtUri,
    pub vcpus: u32,
    /// Bytes.
    pub memory: u64,
    /// The storage pool of the image, and of the machine's volumes.
    pub pool: String,
    /// The image: a volume of the pool. It is copied, and itself left as it is.
    pub from: String,
    /// Bytes; the image's own size where it is not said.
    pub size: Option<u64>,
    /// `None`: no network at all.
    pub network: Option<Network>,
    /// A file of the owner's public keys, as in `~/.ssh/authorized_keys`.
    pub authorized_keys: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// One of libvirt's own.
    Libvirt(String),
    /// A bridge of the hypervisor's.
    Bridge(String),
}

impl LibvirtTemplate {
    /// For a closet in which nothing is real.
    ///
    /// # Panics
    /// Never: its URI is a constant that the tests read.
    pub fn simulated() -> Self {
        LibvirtTemplate {
            uri: "test:///default".parse().expect("a URI"),
            vcpus: 2,
            memory: 4 << 30,
            pool: "default".into(),
            from: "debian-13.qcow2".into(),
            size: None,
            network: None,
            authorized_keys: None,
        }
    }
}
