//! libvirt's remote protocol, as pure functions: bytes ([`xdr`]), frames ([`frame`]), what is said
//! in them ([`message`]). The numbers and layouts are those of libvirt's own
//! `src/rpc/virnetprotocol.x` and `src/remote/remote_protocol.x`.

pub mod frame;
pub mod message;
pub mod procedure;
pub mod xdr;

use frame::Parsed;
use xdr::Decoder;

/// Reads a frame, and its payload as everything that it could be; for the fuzzer. What is whole stays
/// whole.
///
/// # Panics
/// When one of the readers is wrong.
pub fn read_anything(bytes: &[u8]) {
    let Ok(Parsed::Whole(frame, length)) = frame::read(bytes) else { return };
    assert_eq!(frame::read(&bytes[..length]), Ok(Parsed::Whole(frame.clone(), length)));
    assert_eq!(frame.clone().into_bytes(), bytes[..length]);
    let payload = || Decoder::new(&frame.payload);
    // Only whether they come to an end matters here.
    let _ = message::Domain::read_list(&mut payload());
    let _ = message::DomainInfo::read(&mut payload());
    let _ = message::Interface::read_list(&mut payload());
    let _ = message::LifecycleEvent::read(&mut payload());
    let _ = message::StoragePool::read(&mut payload());
    let _ = message::StoragePoolInfo::read(&mut payload());
    let _ = message::StorageVolume::read(&mut payload());
    let _ = message::VolumeInfo::read(&mut payload());
    let _ = message::AuthType::read_list(&mut payload());
    let _ = message::RemoteError::read(&mut payload());
}
