//! The host's key, shown once and known from then on.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use super::{Person, STEP_WITHIN};
use crate::{
    host::ssh::{Deadline, SecretResolver, Target, Verdict, entry_line, greet, read_known_hosts},
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

/// Adds a line to a file that may not exist or not end with a line's end.
fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let gap = if last == [b'\n'] { "" } else { "\n" };
    // One write, so that two who append at a time do not mix.
    file.write_all(format!("{gap}{line}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

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
