//! VE.Direct frames out of a stream of bytes. Pure.
//!
//! A frame is a series of `\r\n<label>\t<value>`; the last one is `Checksum` with one byte that
//! makes the sum of all bytes of the frame a multiple of 256. Messages of the other protocol,
//! `:…\n`, may stand between two bytes of it and count for nothing.

use std::collections::BTreeMap;

/// Longer frames than any device sends (22 fields of 42 bytes) are noise.
const LONGEST: usize = 2048;

const CHECKSUM: &str = "Checksum";

/// A whole frame, or why there is none.
pub(super) type Outcome = Result<BTreeMap<String, String>, BadFrame>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadFrame {
    /// So ends the frame that was cut when the line was opened, too.
    #[error("the checksum does not fit")]
    Checksum,
    #[error("no end of a frame comes: is it set to 19200 baud, and VE.Direct at all?")]
    Endless,
}

/// Takes bytes, gives frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    sum: u8,
    bytes: usize,
    fields: BTreeMap<String, String>,
    label: Vec<u8>,
    value: Vec<u8>,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Between fields, or in the middle of one whose beginning was missed.
    #[default]
    Between,
    Label,
    Value,
    /// The next byte is the checksum, whatever it is.
    Checksum,
    /// In a message of the other protocol.
    Hex,
}

impl Frames {
    pub fn push(&mut self, byte: u8) -> Option<Outcome> {
        if self.place == Place::Hex {
            if byte == b'\n' {
                self.place = Place::Between;
            }
            return None;
        }
        if byte == b':' && self.place != Place::Checksum && self.place != Place::Value {
            self.place = Place::Hex;
            return None;
        }
        self.sum = self.sum.wrapping_add(byte);
        self.bytes += 1;
        if self.place == Place::Checksum {
            return Some(self.finish());
        }
        if self.bytes > LONGEST {
            *self = Frames::default();
            return Some(Err(BadFrame::Endless));
        }
        match (self.place, byte) {
            (Place::Value, b'\r') => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                self.fields.insert(text(&self.label), text(&self.value));
                self.place = Place::Between;
            }
            (_, b'\n') => {
                self.label.clear();
                self.value.clear();
                self.place = Place::Label;
            }
            (Place::Label, b'\t') if self.label == CHECKSUM.as_bytes() => {
                self.place = Place::Checksum;
            }
            (Place::Label, b'\t') => self.place = Place::Value,
            (Place::Label, _) => self.label.push(byte),
            (Place::Value, _) => self.value.push(byte),
            (Place::Between | Place::Checksum | Place::Hex, _) => {}
        }
        None
    }

    fn finish(&mut self) -> Outcome {
        let frame = std::mem::take(self);
        if frame.sum == 0 { Ok(frame.fields) } else { Err(BadFrame::Checksum) }
    }
}
