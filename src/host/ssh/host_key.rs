//! A host's public key.

use std::fmt;

use openssl::{base64, sha::sha256};

/// A public key as it goes over the wire (RFC 4253, 6.6): its kind is its first field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey {
    kind: String,
    blob: Vec<u8>,
}

impl HostKey {
    /// `None` when the bytes do not begin with a kind.
    pub fn from_blob(blob: Vec<u8>) -> Option<Self> {
        let length = u32::from_be_bytes(*blob.first_chunk()?) as usize;
        let kind = std::str::from_utf8(blob.get(4..4 + length)?).ok()?.to_owned();
        Some(HostKey { kind, blob })
    }

    pub fn from_base64(text: &str) -> Option<Self> {
        base64::decode_block(text).ok().and_then(Self::from_blob)
    }

    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`…
    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn to_base64(&self) -> String {
        base64::encode_block(&self.blob)
    }

    /// As OpenSSH shows it: `SHA256:` and unpadded base64.
    pub fn fingerprint(&self) -> String {
        let hash = base64::encode_block(&sha256(&self.blob));
        format!("SHA256:{}", hash.trim_end_matches('='))
    }
}

/// `ssh-ed25519 SHA256:…`
impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint())
    }
}
