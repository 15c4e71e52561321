//! libvirt's remote protocol, as pure functions: bytes ([`xdr`]), frames ([`frame`]), what is said
//! in them ([`message`]). The numbers and layouts are those of libvirt's own
//! `src/rpc/virnetprotocol.x` and `src/remote/remote_protocol.x`.

pub mod frame;
pub mod message;
pub mod procedure;
pub mod xdr;
