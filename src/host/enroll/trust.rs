//! The host's key, shown once and known from then on.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Person, STEP_WITHIN};
use crate::{
    host::ssh::{
        Deadline, HostKey, SecretResolver, Target, Verdict, entry_line, greet, read_known_hosts,
    },
    plan::{Failure, FailureKind},
};

/// Makes the host's key known if the person agrees; false when it was known.
///
/// # Errors
/// `Refused` when the key is another one than the known one, or the person says no.
pub fn host_key(
    target: &Target,
    secrets: &SecretResolver,
    person: &mut dyn Person,
) -> Result<bool, Failure> {
    let Target { name, address, port, known_hosts, .. } = target;
    let known = read_known_hosts(target)?;
    let greeted = greet(target, &known, secrets, Deadline::within(STEP_WITHIN))?;
    let key = greeted.key().clone();
    if known.verdict(address, *port, &key) != Verdict::Unknown {
        greeted.verify(target, &known)?;
        person.say(&format!("the host key of {name} is known: {key}"));
        return Ok(false);
    }
    person.say(&format!("{name} ({address} port {port}) shows the host key {key}"));
    person.say(&format!("compare it on the host itself: {}", comparing(key.kind())));
    if !person.confirm(&format!("Is this {name}?")) {
        let message = format!("{name}: its host key was not confirmed; nothing was changed");
        return Err(Failure::new(FailureKind::Refused, message));
    }
    append(known_hosts, &entry_line(address, *port, &key)).map_err(|error| {
        let message = format!("{name}: {} cannot be written: {error}", known_hosts.display());
        Failure::new(FailureKind::NotConfigured, message)
    })?;
    Ok(true)
}

/// The command that shows the same fingerprint, where OpenSSH keeps its keys.
fn comparing(kind: &str) -> String {
    let family = match kind {
        "ssh-ed25519" => "ed25519",
        "ssh-rsa" => "rsa",
        _ => "ecdsa",
    };
    format!("ssh-keygen -lf /etc/ssh/ssh_host_{family}_key.pub")
}

/// Makes the key of a machine known that was made here, in place of what an earlier machine of the
/// same name had.
///
/// # Errors
/// When the file cannot be written.
pub fn introduce(
    known_hosts: &Path,
    host: &str,
    (address, port): (&str, u16),
    key: &HostKey,
) -> io::Result<()> {
    let _turn = turn();
    forget_in_turn(known_hosts, host)?;
    let line = entry_line(address, port, key);
    append(known_hosts, &format!("{} {}\n", line.trim_end(), signature(host)))
}

/// Forgets the key of a machine that was made here. Lines of anybody else stay as they are.
///
/// # Errors
/// When the file cannot be written.
pub fn forget(known_hosts: &Path, host: &str) -> io::Result<()> {
    let _turn = turn();
    forget_in_turn(known_hosts, host)
}

/// Machines are made side by side, and the file is written as a whole.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget_in_turn(known_hosts: &Path, host: &str) -> io::Result<()> {
    let text = match fs::read_to_string(known_hosts) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        text => text?,
    };
    let ours = format!(" {}", signature(host));
    let (gone, kept): (Vec<&str>, Vec<&str>) =
        text.split_inclusive('\n').partition(|line| line.trim_end().ends_with(&ours));
    if gone.is_empty() {
        return Ok(());
    }
    let new = known_hosts.with_added_extension("watchpost");
    fs::write(&new, kept.concat())?;
    fs::set_permissions(&new, fs::metadata(known_hosts)?.permissions())?;
    fs::rename(&new, known_hosts)
}

/// The comment by which such a line is found again.
fn signature(host: &str) -> String {
    format!("created-by-watchpost:{host}")
}

/// Adds a line to a file that may not exist or not end with a line's end.
fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut last = *b"\n";
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let gap = if last == *b"\n" { "" } else { "\n" };
    // One write, so that two who append at a time do not mix.
    file.write_all(format!("{gap}{line}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_was_made_anew_is_known_by_its_new_key_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("known_hosts");
        fs::write(&path, "nas ssh-ed25519 AAAA").expect("written");
        let key = |text| HostKey::from_base64(text).expect("a key");
        let (old, new) = (key("AAAAAWEB"), key("AAAAAWEC"));
        introduce(&path, "w-1", ("10.0.0.7", 22), &old).expect("written");
        introduce(&path, "w-1", ("10.0.0.8", 22), &new).expect("written");
        let expected = "nas ssh-ed25519 AAAA\n10.0.0.8 a AAAAAWEC created-by-watchpost:w-1\n";
        assert_eq!(fs::read_to_string(&path).expect("there"), expected);
        forget(&path, "w-1").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "nas ssh-ed25519 AAAA\n");
    }

    #[test]
    fn a_line_is_never_glued_to_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/known_hosts");
        append(&path, "one\n").expect("written");
        fs::write(&path, "one").expect("cut");
        append(&path, "two\n").expect("written");
        append(&path, "three\n").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "one\ntwo\nthree\n");
    }
}
