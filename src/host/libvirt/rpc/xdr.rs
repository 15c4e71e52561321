//! XDR (RFC 4506), as far as libvirt uses it: big-endian, everything in units of four bytes.

/// Longer strings are refused (`VIR_NET_MESSAGE_STRING_MAX`, 4 MiB).
const LONGEST_STRING: usize = 4 << 20;

/// Writes values one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoder(Vec<u8>);

impl Encoder {
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub fn unsigned(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub fn int(mut self, value: i32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub fn unsigned_hyper(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub fn boolean(self, value: bool) -> Self {
        self.unsigned(value.into())
    }

    /// Bytes whose number both sides know.
    pub fn fixed<const N: usize>(mut self, bytes: [u8; N]) -> Self {
        self.0.extend_from_slice(&bytes);
        self.padded(N)
    }

    pub fn string(mut self, text: &str) -> Self {
        self = self.unsigned(u32::try_from(text.len()).expect("no text is 4 GiB long"));
        self.0.extend_from_slice(text.as_bytes());
        self.padded(text.len())
    }

    /// An optional value (4.19).
    pub fn optional<T>(self, value: Option<T>, put: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            None => self.boolean(false),
            Some(value) => put(self.boolean(true), value),
        }
    }

    pub fn optional_string(self, text: Option<&str>) -> Self {
        self.optional(text, Encoder::string)
    }

    fn padded(mut self, length: usize) -> Self {
        self.0.resize(self.0.len() + padding(length), 0);
        self
    }
}

fn padding(length: usize) -> usize {
    length.next_multiple_of(4) - length
}

/// What does not stand there as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XdrError {
    #[error("it ends too early")]
    TooShort,
    #[error("it holds a text or a list of {0}, which is too long")]
    TooLong(usize),
    #[error("it holds a text that is not UTF-8")]
    NotUtf8,
    #[error("it holds {0} where only 0 or 1 can stand")]
    NotBoolean(u32),
}

/// Reads values one after another.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Decoder(bytes)
    }

    /// What has not been read yet. Newer servers may say more than is understood here.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], XdrError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(XdrError::TooShort)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], XdrError> {
        let (&taken, rest) = self.0.split_first_chunk().ok_or(XdrError::TooShort)?;
        self.0 = rest;
        self.take(padding(N))?;
        Ok(taken)
    }

    pub fn unsigned(&mut self) -> Result<u32, XdrError> {
        self.fixed().map(u32::from_be_bytes)
    }

    pub fn int(&mut self) -> Result<i32, XdrError> {
        self.fixed().map(i32::from_be_bytes)
    }

    pub fn unsigned_hyper(&mut self) -> Result<u64, XdrError> {
        self.fixed().map(u64::from_be_bytes)
    }

    pub fn boolean(&mut self) -> Result<bool, XdrError> {
        match self.unsigned()? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(XdrError::NotBoolean(other)),
        }
    }

    pub fn string(&mut self) -> Result<String, XdrError> {
        let length = self.length(LONGEST_STRING)?;
        let bytes = self.take(length)?;
        self.take(padding(length))?;
        str::from_utf8(bytes).map(str::to_owned).map_err(|_| XdrError::NotUtf8)
    }

    pub fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, XdrError>,
    ) -> Result<Option<T>, XdrError> {
        if self.boolean()? { read(self).map(Some) } else { Ok(None) }
    }

    /// A list of at most `longest` values. Its room grows with what really arrives.
    pub fn list<T>(
        &mut self,
        longest: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, XdrError>,
    ) -> Result<Vec<T>, XdrError> {
        let length = self.length(longest)?;
        let mut values = Vec::new();
        for _ in 0..length {
            values.push(read(self)?);
        }
        Ok(values)
    }

    fn length(&mut self, longest: usize) -> Result<usize, XdrError> {
        let length = self.unsigned()? as usize;
        if length > longest { Err(XdrError::TooLong(length)) } else { Ok(length) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_layout_is_that_of_the_rfc() {
        let bytes = Encoder::default()
            .string("sillyprog")
            .int(-2)
            .unsigned_hyper(1 << 32)
            .optional_string(None)
            .into_bytes();
        let expected = b"\0\0\0\x09sillyprog\0\0\0\xff\xff\xff\xfe\0\0\0\x01\0\0\0\0\0\0\0\0";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let read = |bytes: &[u8]| Decoder::new(bytes).string();
        assert_eq!(read(b"\0\0"), Err(XdrError::TooShort));
        assert_eq!(read(b"\0\0\0\x05abc\0"), Err(XdrError::TooShort));
        assert_eq!(read(b"\0\0\0\x03abc"), Err(XdrError::TooShort), "its padding is missing");
        assert_eq!(read(b"\0\0\0\x01\xff\0\0\0"), Err(XdrError::NotUtf8));
        assert_eq!(read(b"\xff\xff\xff\xff"), Err(XdrError::TooLong(u32::MAX as usize)));
        assert_eq!(Decoder::new(b"\0\0\0\x02").boolean(), Err(XdrError::NotBoolean(2)));
        let list = Decoder::new(b"\0\0\x40\0").list(20, Decoder::int);
        assert_eq!(list, Err(XdrError::TooLong(0x4000)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            text in ".{0,40}", int: i32, hyper: u64, maybe in prop::option::of(".{0,9}"), id: [u8; 16],
        ) {
            let bytes = Encoder::default()
                .string(&text).int(int).unsigned_hyper(hyper)
                .optional_string(maybe.as_deref()).fixed(id).into_bytes();
            prop_assert_eq!(bytes.len() % 4, 0);
            let mut decoder = Decoder::new(&bytes);
            prop_assert_eq!(decoder.string(), Ok(text));
            prop_assert_eq!(decoder.int(), Ok(int));
            prop_assert_eq!(decoder.unsigned_hyper(), Ok(hyper));
            prop_assert_eq!(decoder.optional(Decoder::string), Ok(maybe));
            prop_assert_eq!(decoder.fixed(), Ok(id));
            prop_assert!(decoder.rest().is_empty());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut decoder = Decoder::new(&bytes);
            while decoder.optional(|inner| inner.list(9, Decoder::string)).is_ok() {}
        }
    }
}
