//! Frames: a length, a header of six words, a payload (libvirt's `src/rpc/virnetprotocol.x`).

use super::xdr::{Decoder, Encoder};

/// The program that all calls but keepalives belong to (`remote_protocol.x`).
pub const REMOTE: u32 = 0x2000_8086;
/// `virkeepaliveprotocol.x`; its letters are "keep".
pub const KEEPALIVE: u32 = 0x6b65_6570;
/// Both programs' only version.
const VERSION: u32 = 1;

/// The length's own four bytes and the header, in bytes.
const SHORTEST: usize = 4 + HEADER;
const HEADER: usize = 24;
/// A message of `VIR_NET_MESSAGE_MAX` (32 MiB) and the length's own four bytes.
const LONGEST: usize = (32 << 20) + 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Call,
    Reply,
    /// By itself, an event: nobody has asked for it.
    Message,
    /// A piece of a volume's contents, or the end of them.
    Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// The payload is an error.
    Error,
    /// Of a stream: there is more to come.
    Continue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub program: u32,
    pub procedure: i32,
    pub kind: Kind,
    /// What a reply or a piece of a stream belongs to; 0 of a message.
    pub serial: u32,
    pub status: Status,
    pub payload: Vec<u8>,
}

/// Why bytes are no frame. Nothing that follows can be understood either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a message that claims to be {0} bytes long")]
    Length(usize),
    #[error("a message of the unknown version {0}")]
    Version(u32),
    #[error("a message of the unknown type {0}")]
    Kind(u32),
    #[error("a message of the unknown status {0}")]
    Status(u32),
}

/// What stands at the beginning of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed {
    /// More has to come first.
    Incomplete,
    /// A frame, and how many bytes it took.
    Whole(Frame, usize),
}

/// Reads one frame. Pure; it never asks for more than 32 MiB.
///
/// # Errors
/// When no more bytes could make a frame of these.
pub fn read(bytes: &[u8]) -> Result<Parsed, FrameError> {
    let mut decoder = Decoder::new(bytes);
    let Ok(length) = decoder.unsigned() else { return Ok(Parsed::Incomplete) };
    let length = length as usize;
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(FrameError::Length(length));
    }
    let (Some(header), whole) = (bytes.get(4..SHORTEST), bytes.get(SHORTEST..length)) else {
        return Ok(Parsed::Incomplete);
    };
    let word = |nth: usize| {
        let bytes = header[nth * 4..].first_chunk().expect("a header has six words");
        u32::from_be_bytes(*bytes)
    };
    if word(1) != VERSION {
        return Err(FrameError::Version(word(1)));
    }
    let kind = match word(3) {
        0 => Kind::Call,
        1 => Kind::Reply,
        2 => Kind::Message,
        3 => Kind::Stream,
        other => return Err(FrameError::Kind(other)),
    };
    let status = match word(5) {
        0 => Status::Ok,
        1 => Status::Error,
        2 => Status::Continue,
        other => return Err(FrameError::Status(other)),
    };
    let Some(payload) = whole else { return Ok(Parsed::Incomplete) };
    let frame = Frame {
        program: word(0),
        procedure: word(2).cast_signed(),
        kind,
        serial: word(4),
        status,
        payload: payload.to_vec(),
    };
    Ok(Parsed::Whole(frame, length))
}

impl Frame {
    pub fn call(procedure: i32, serial: u32, payload: Vec<u8>) -> Self {
        let (program, kind, status) = (REMOTE, Kind::Call, Status::Ok);
        Frame { program, procedure, kind, serial, status, payload }
    }

    /// A piece of a stream; its end is empty.
    pub fn stream(procedure: i32, serial: u32, piece: Vec<u8>) -> Self {
        let status = if piece.is_empty() { Status::Ok } else { Status::Continue };
        let (program, kind) = (REMOTE, Kind::Stream);
        Frame { program, procedure, kind, serial, status, payload: piece }
    }

    /// A sign of life.
    pub fn keepalive(procedure: i32) -> Self {
        let (program, kind, status) = (KEEPALIVE, Kind::Message, Status::Ok);
        Frame { program, procedure, kind, serial: 0, status, payload: Vec::new() }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Call => 0,
            Kind::Reply => 1,
            Kind::Message => 2,
            Kind::Stream => 3,
        };
        let status = match self.status {
            Status::Ok => 0,
            Status::Error => 1,
            Status::Continue => 2,
        };
        let length = u32::try_from(SHORTEST + self.payload.len()).expect("it fits in a message");
        let mut bytes = Encoder::default()
            .unsigned(length)
            .unsigned(self.program)
            .unsigned(VERSION)
            .int(self.procedure)
            .unsigned(kind)
            .unsigned(self.serial)
            .unsigned(status)
            .into_bytes();
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames() -> impl Strategy<Value = Frame> {
        let kinds =
            prop::sample::select(vec![Kind::Call, Kind::Reply, Kind::Message, Kind::Stream]);
        let statuses = prop::sample::select(vec![Status::Ok, Status::Error, Status::Continue]);
        let payload = prop::collection::vec(any::<u8>(), 0..64);
        (any::<u32>(), any::<i32>(), kinds, any::<u32>(), statuses, payload).prop_map(
            |(program, procedure, kind, serial, status, payload)| Frame {
                program,
                procedure,
                kind,
                serial,
                status,
                payload,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_a_part_is_incomplete(frame in frames(), more: Vec<u8>) {
            let bytes = frame.clone().into_bytes();
            for end in 0..bytes.len() {
                prop_assert_eq!(read(&bytes[..end]), Ok(Parsed::Incomplete));
            }
            let length = bytes.len();
            prop_assert_eq!(read(&[bytes, more].concat()), Ok(Parsed::Whole(frame, length)));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }

    #[test]
    fn wrong_lengths_are_told_at_once() {
        let read = |length: u32| read(&length.to_be_bytes());
        assert_eq!(read(27), Err(FrameError::Length(27)));
        assert_eq!(read(28), Ok(Parsed::Incomplete));
        assert_eq!(read(33_554_436), Ok(Parsed::Incomplete));
        assert_eq!(read(33_554_437), Err(FrameError::Length(33_554_437)));
    }

    #[test]
    fn a_ping_is_as_libvirt_sends_it() {
        let expected = b"\0\0\0\x1ckeep\0\0\0\x01\0\0\0\x01\0\0\0\x02\0\0\0\0\0\0\0\0";
        assert_eq!(Frame::keepalive(1).into_bytes(), expected);
    }
}
