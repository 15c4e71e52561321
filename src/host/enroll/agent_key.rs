//! The agent's own key pair, made here: an ed25519 key in OpenSSH's format (its PROTOCOL.key),
//! without a passphrase, since nobody is there to type one.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, PoisonError},
};

use openssl::{base64, pkey::PKey, rand::rand_bytes};

use crate::{
    host::ssh::HostKey,
    plan::{Failure, FailureKind},
};

const MAGIC: &[u8] = b"openssh-key-v1\0";
const KIND: &str = "ssh-ed25519";
const COMMENT: &str = "watchpost";

pub struct AgentKey {
    pub public: HostKey,
    pub is_new: bool,
}

impl AgentKey {
    /// As it stands in authorized_keys, without options.
    pub fn public_line(&self) -> String {
        format!("{} {} {COMMENT}", self.public.kind(), self.public.to_base64())
    }
}

/// The key at this path, made if there is none. `host` is named in errors.
pub fn at(path: &Path, host: &str) -> Result<AgentKey, Failure> {
    let wrong = |error: String| {
        let message = format!("{host}: the agent's key {}: {error}", path.display());
        Failure::new(FailureKind::NotConfigured, message)
    };
    // Two machines that are made at the same time may both be the first.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    match fs::read_to_string(path) {
        Ok(text) => {
            let public = public_of(&text).or_else(|| public_beside(path)).ok_or_else(|| {
                wrong("its public part is missing; make it with `ssh-keygen -y`".to_owned())
            })?;
            Ok(AgentKey { public, is_new: false })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let public = make(path).map_err(|error| wrong(error.to_string()))?;
            Ok(AgentKey { public, is_new: true })
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// A new pair: the private key's file, and the public key.
pub fn generate() -> io::Result<(String, HostKey)> {
    let pair = PKey::generate_ed25519()?;
    let (public, seed) = (pair.raw_public_key()?, pair.raw_private_key()?);
    let mut check = [0; 4];
    rand_bytes(&mut check)?;
    let (text, blob) = private_key_file(&public, &seed, check);
    Ok((text, HostKey::from_blob(blob).ok_or(io::ErrorKind::InvalidData)?))
}

fn make(path: &Path) -> io::Result<HostKey> {
    let (text, key) = generate()?;
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let line = AgentKey { public: key.clone(), is_new: true }.public_line();
    fs::write(path.with_added_extension("pub"), line + "\n")?;
    Ok(key)
}

/// The file's text, and the public key's blob.
fn private_key_file(public: &[u8], seed: &[u8], check: [u8; 4]) -> (String, Vec<u8>) {
    let mut blob = Vec::new();
    put(&mut blob, KIND.as_bytes());
    put(&mut blob, public);

    // Twice the same number, by which a wrong passphrase would show.
    let mut secret = [check, check].concat();
    put(&mut secret, KIND.as_bytes());
    put(&mut secret, public);
    put(&mut secret, &[seed, public].concat());
    put(&mut secret, COMMENT.as_bytes());
    for pad in 1..=(8 - secret.len() % 8) % 8 {
        secret.push(pad as u8);
    }

    let mut file = MAGIC.to_vec();
    for nothing in ["none", "none", ""] {
        put(&mut file, nothing.as_bytes());
    }
    file.extend_from_slice(&1_u32.to_be_bytes());
    put(&mut file, &blob);
    put(&mut file, &secret);

    let encoded = base64::encode_block(&file);
    let mut text = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned();
    for (nth, letter) in encoded.chars().enumerate() {
        if nth > 0 && nth % 70 == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str("\n-----END OPENSSH PRIVATE KEY-----\n");
    (text, blob)
}

/// A field with its length before it (RFC 4251, 5: string).
fn put(buffer: &mut Vec<u8>, field: &[u8]) {
    buffer.extend_from_slice(&(field.len() as u32).to_be_bytes());
    buffer.extend_from_slice(field);
}

/// The public key that stands in the clear in OpenSSH's format, whatever its cipher.
fn public_of(text: &str) -> Option<HostKey> {
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = base64::decode_block(&body).ok()?;
    let mut rest = bytes.strip_prefix(MAGIC)?;
    for _cipher_kdf_options in 0..3 {
        take(&mut rest)?;
    }
    rest = rest.get(4..)?;
    HostKey::from_blob(take(&mut rest)?.to_vec())
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
    let field = rest.get(4..4 + length)?;
    *rest = &rest[4 + length..];
    Some(field)
}

fn public_beside(path: &Path) -> Option<HostKey> {
    let text = fs::read_to_string(path.with_added_extension("pub")).ok()?;
    HostKey::from_base64(text.split_ascii_whitespace().nth(1)?)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, process::Command};

    use super::*;

    #[test]
    fn openssh_reads_the_key_that_is_made_and_it_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ssh/watchpost.key");
        let key = at(&path, "foo").expect("made");
        assert!(key.is_new);
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let read = Command::new("ssh-keygen").arg("-yf").arg(&path).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), key.public_line());

        let again = at(&path, "foo").expect("read");
        assert!(!again.is_new);
        assert_eq!(again.public, key.public);
    }
}
