//! Whose key is believed, and which of ours they believe.

use std::{fs, process::Command};

use watchpost::{config::Secret, plan::FailureKind};

use crate::{
    host, remote, shell,
    sshd::{Sshd, make_key},
};

#[tokio::test]
async fn an_unknown_host_is_refused_with_the_way_to_add_it() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    fs::remove_file(server.known_hosts()).expect("removed");
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("run `watchpost hosts add foo`"), "{}", failure.message);
    assert_eq!(server.logins(), 0);
}

#[tokio::test]
async fn a_changed_host_key_is_refused_with_both_fingerprints() {
    let mut server = Sshd::start();
    let foo = host("foo", &server);
    let old = fingerprint(&server);
    server.make_host_key("ed25519");
    server.restart();
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    for part in ["HAS CHANGED", &old, &fingerprint(&server)] {
        assert!(failure.message.contains(part), "{part} in {}", failure.message);
    }
    assert_eq!(server.logins(), 0);
}

#[tokio::test]
async fn a_host_that_shows_another_kind_of_key_than_the_known_one_has_changed() {
    let server = Sshd::start_with(&["ed25519", "ecdsa"], &[]);
    let foo = host("foo", &server);
    let stranger = Sshd::start_with(&["rsa"], &[]);
    let line = stranger
        .host_key("rsa")
        .replace(&format!(":{} ", stranger.port()), &format!(":{} ", server.port()));
    fs::write(server.known_hosts(), line).expect("known_hosts");
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert!(failure.message.contains("HAS CHANGED"), "{}", failure.message);
}

/// As `ssh-keygen` sees it.
fn fingerprint(server: &Sshd) -> String {
    let shown = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(server.path("host_ed25519.pub"))
        .output()
        .expect("ssh-keygen runs");
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    shown.split(' ').nth(1).expect("a fingerprint").to_owned()
}

#[tokio::test]
async fn a_host_known_by_its_rsa_key_alone_is_no_mismatch() {
    let server = Sshd::start_with(&["ed25519", "ecdsa", "rsa"], &[]);
    let foo = host("foo", &server);
    for kind in ["rsa", "ecdsa", "ed25519"] {
        fs::write(server.known_hosts(), server.host_key(kind)).expect("known_hosts");
        shell(&remote([&foo]), &foo, "true").await.expect(kind);
    }
}

#[tokio::test]
async fn a_known_hosts_that_openssh_hashed_is_understood() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let hashed = Command::new("ssh-keygen").arg("-Hf").arg(server.known_hosts()).output();
    assert!(hashed.expect("ssh-keygen runs").status.success());
    let text = fs::read_to_string(server.known_hosts()).expect("known_hosts");
    assert!(text.starts_with("|1|"), "{text}");
    shell(&remote([&foo]), &foo, "true").await.expect("it is known");
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_named() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    let stranger = server.path("stranger");
    make_key(&stranger, "ed25519", "");
    foo.ssh.key = Some(stranger.clone());
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    let tried = format!("{} (not accepted there)", stranger.display());
    assert!(failure.message.contains(&tried), "{}", failure.message);
}

#[tokio::test]
async fn keys_of_every_kind_open_with_their_passphrase() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    for kind in ["ed25519", "ecdsa", "rsa"] {
        let key = server.path(&format!("locked_{kind}"));
        make_key(&key, kind, "open sesame");
        fs::copy(key.with_extension("pub"), server.authorized_keys()).expect("authorized");
        foo.ssh.key = Some(key);

        foo.ssh.passphrase = Some(Secret { name: "passphrase".to_owned() });
        shell(&remote([&foo]), &foo, "true").await.expect(kind);

        foo.ssh.passphrase = None;
        let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
        assert!(failure.message.contains("it has a passphrase"), "{}", failure.message);
    }
    foo.ssh.passphrase = Some(Secret { name: "absent".to_owned() });
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert!(failure.message.contains("there is no secret `absent`"), "{}", failure.message);
}
