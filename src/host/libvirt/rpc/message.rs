//! What is said: the structures of `remote_protocol.x` that are used here.

use std::fmt;

use super::xdr::{Decoder, Encoder, XdrError};

/// Upper bounds of lists (`REMOTE_…_MAX`).
const DOMAINS: usize = 16_384;
const INTERFACES: usize = 2048;
const ADDRESSES: usize = 2048;
const AUTH_TYPES: usize = 20;

/// A domain, as libvirt calls a virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    pub name: String,
    pub uuid: [u8; 16],
    /// −1 while it is off.
    pub id: i32,
}

impl Domain {
    pub fn put(&self, encoder: Encoder) -> Encoder {
        encoder.string(&self.name).fixed(self.uuid).int(self.id)
    }

    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(Domain { name: decoder.string()?, uuid: decoder.fixed()?, id: decoder.int()? })
    }

    pub fn read_list(decoder: &mut Decoder<'_>) -> Result<Vec<Self>, XdrError> {
        decoder.list(DOMAINS, Domain::read)
    }
}

/// `virDomainState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainState {
    /// The hypervisor does not say.
    NoState,
    Running,
    /// It runs, and waits for something.
    Blocked,
    Paused,
    /// It is about to be off.
    ShuttingDown,
    Off,
    Crashed,
    /// Its own system has put it to sleep.
    Suspended,
    /// One that this client does not know.
    Other(i32),
}

impl From<i32> for DomainState {
    fn from(number: i32) -> Self {
        match number {
            0 => DomainState::NoState,
            1 => DomainState::Running,
            2 => DomainState::Blocked,
            3 => DomainState::Paused,
            4 => DomainState::ShuttingDown,
            5 => DomainState::Off,
            6 => DomainState::Crashed,
            7 => DomainState::Suspended,
            other => DomainState::Other(other),
        }
    }
}

/// In the words of `virsh domstate`.
impl fmt::Display for DomainState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DomainState::NoState => "no state",
            DomainState::Running => "running",
            DomainState::Blocked => "idle",
            DomainState::Paused => "paused",
            DomainState::ShuttingDown => "in shutdown",
            DomainState::Off => "shut off",
            DomainState::Crashed => "crashed",
            DomainState::Suspended => "pmsuspended",
            DomainState::Other(number) => return write!(f, "state {number}"),
        })
    }
}

/// `remote_domain_get_info_ret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainInfo {
    pub state: DomainState,
    /// KiB.
    pub max_memory: u64,
    /// KiB.
    pub memory: u64,
    pub vcpus: u32,
    /// Nanoseconds.
    pub cpu_time: u64,
}

impl DomainInfo {
    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(DomainInfo {
            state: decoder.int()?.into(),
            max_memory: decoder.unsigned_hyper()?,
            memory: decoder.unsigned_hyper()?,
            vcpus: decoder.unsigned()?,
            cpu_time: decoder.unsigned_hyper()?,
        })
    }
}

/// A network interface of a domain, with what it is reached at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    pub name: String,
    pub mac: Option<String>,
    /// As text, without the length of the prefix.
    pub addresses: Vec<String>,
}

impl Interface {
    fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        let (name, mac) = (decoder.string()?, decoder.optional(Decoder::string)?);
        let addresses = decoder.list(ADDRESSES, |address| {
            let _kind = address.int()?;
            let text = address.string()?;
            let _prefix = address.unsigned()?;
            Ok(text)
        })?;
        Ok(Interface { name, mac, addresses })
    }

    pub fn read_list(decoder: &mut Decoder<'_>) -> Result<Vec<Self>, XdrError> {
        decoder.list(INTERFACES, Interface::read)
    }
}

/// What happened to a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleEvent {
    pub domain: Domain,
    pub what: Lifecycle,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    Defined,
    Undefined,
    Started,
    Paused,
    Resumed,
    /// It ended by itself, or by an order to itself.
    ShutDown,
    /// Its power was cut, it crashed, or its emulator failed.
    Fell,
    /// It went to another host, or into a file.
    Left,
    /// It is on its way down; it will tell of its end.
    Ending,
    Other(i32),
}

impl LifecycleEvent {
    /// Of the message to a callback.
    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        let _callback = decoder.int()?;
        let domain = Domain::read(decoder)?;
        let what = match (decoder.int()?, decoder.int()?) {
            (0, _) => Lifecycle::Defined,
            (1, _) => Lifecycle::Undefined,
            (2, _) => Lifecycle::Started,
            (3 | 7, _) => Lifecycle::Paused,
            (4, _) => Lifecycle::Resumed,
            (5, 0) => Lifecycle::ShutDown,
            (5, 3 | 4) => Lifecycle::Left,
            (5, _) => Lifecycle::Fell,
            (6, _) => Lifecycle::Ending,
            // What happens to a crashed domain is its owner's choice; it does not work any more.
            (8, _) => Lifecycle::Fell,
            (other, _) => Lifecycle::Other(other),
        };
        Ok(LifecycleEvent { domain, what })
    }
}

/// A storage pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoragePool {
    pub name: String,
    pub uuid: [u8; 16],
}

impl StoragePool {
    pub fn put(&self, encoder: Encoder) -> Encoder {
        encoder.string(&self.name).fixed(self.uuid)
    }

    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(StoragePool { name: decoder.string()?, uuid: decoder.fixed()? })
    }
}

/// `remote_storage_pool_get_info_ret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoragePoolInfo {
    /// 2 is running.
    pub state: u32,
    /// Bytes, as all that follow.
    pub capacity: u64,
    pub allocation: u64,
    pub available: u64,
}

impl StoragePoolInfo {
    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(StoragePoolInfo {
            state: decoder.unsigned()?,
            capacity: decoder.unsigned_hyper()?,
            allocation: decoder.unsigned_hyper()?,
            available: decoder.unsigned_hyper()?,
        })
    }
}

/// A volume in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageVolume {
    pub pool: String,
    pub name: String,
    pub key: String,
}

impl StorageVolume {
    pub fn put(&self, encoder: Encoder) -> Encoder {
        encoder.string(&self.pool).string(&self.name).string(&self.key)
    }

    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(StorageVolume {
            pool: decoder.string()?,
            name: decoder.string()?,
            key: decoder.string()?,
        })
    }
}

/// How much a volume may hold, and how much it takes, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeInfo {
    pub capacity: u64,
    pub allocation: u64,
}

impl VolumeInfo {
    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        let _kind = decoder.int()?;
        let (capacity, allocation) = (decoder.unsigned_hyper()?, decoder.unsigned_hyper()?);
        Ok(VolumeInfo { capacity, allocation })
    }
}

/// How a server wants to know who calls; more than one may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthType {
    None,
    Sasl,
    Polkit,
    Other(i32),
}

impl AuthType {
    pub fn read_list(decoder: &mut Decoder<'_>) -> Result<Vec<Self>, XdrError> {
        decoder.list(AUTH_TYPES, |each| {
            Ok(match each.int()? {
                0 => AuthType::None,
                1 => AuthType::Sasl,
                2 => AuthType::Polkit,
                other => AuthType::Other(other),
            })
        })
    }
}

/// What the server says went wrong (`virNetMessageError`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteError {
    /// `virErrorNumber`.
    pub code: i32,
    /// `virErrorDomain`: the part of libvirt that it comes from.
    pub domain: i32,
    pub message: Option<String>,
}

impl RemoteError {
    pub fn read(decoder: &mut Decoder<'_>) -> Result<Self, XdrError> {
        Ok(RemoteError {
            code: decoder.int()?,
            domain: decoder.int()?,
            // Details that nobody reads follow.
            message: decoder.optional(Decoder::string)?,
        })
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(message) => f.write_str(message),
            None => write!(f, "libvirt's error {}, without a word about it", self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn domains_and_volumes_are_read_as_they_are_written(
            name in ".{0,20}", uuid: [u8; 16], id: i32, key in ".{0,20}",
        ) {
            let domain = Domain { name: name.clone(), uuid, id };
            let bytes = domain.put(Encoder::default()).into_bytes();
            prop_assert_eq!(Domain::read(&mut Decoder::new(&bytes)), Ok(domain));
            let volume = StorageVolume { pool: name.clone(), name, key };
            let bytes = volume.put(Encoder::default()).into_bytes();
            prop_assert_eq!(StorageVolume::read(&mut Decoder::new(&bytes)), Ok(volume));
        }

        #[test]
        fn no_payload_makes_a_reader_panic(bytes: Vec<u8>) {
            let _ = Domain::read_list(&mut Decoder::new(&bytes));
            let _ = DomainInfo::read(&mut Decoder::new(&bytes));
            let _ = Interface::read_list(&mut Decoder::new(&bytes));
            let _ = LifecycleEvent::read(&mut Decoder::new(&bytes));
            let _ = StoragePoolInfo::read(&mut Decoder::new(&bytes));
            let _ = StorageVolume::read(&mut Decoder::new(&bytes));
            let _ = AuthType::read_list(&mut Decoder::new(&bytes));
            let _ = RemoteError::read(&mut Decoder::new(&bytes));
        }
    }

    #[test]
    fn an_error_without_a_message_is_told_by_its_number() {
        let bytes = Encoder::default().int(42).int(10).optional_string(None).into_bytes();
        let error = RemoteError::read(&mut Decoder::new(&bytes)).expect("an error");
        assert_eq!(error.to_string(), "libvirt's error 42, without a word about it");
    }

    #[test]
    fn how_a_domain_ended_is_told_apart() {
        let domain = Domain { name: "plex".into(), uuid: [7; 16], id: -1 };
        let read = |event, detail| {
            let bytes = domain.put(Encoder::default().int(0)).int(event).int(detail).into_bytes();
            LifecycleEvent::read(&mut Decoder::new(&bytes)).expect("an event").what
        };
        assert_eq!(read(5, 0), Lifecycle::ShutDown);
        assert_eq!(read(5, 1), Lifecycle::Fell, "destroyed");
        assert_eq!(read(5, 2), Lifecycle::Fell, "crashed");
        assert_eq!(read(5, 4), Lifecycle::Left, "saved");
        assert_eq!(read(2, 0), Lifecycle::Started);
    }
}
