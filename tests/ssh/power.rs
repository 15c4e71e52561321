//! Start, stop, restart, wake, and whether a host is up.

use watchpost::{
    host::HostKind,
    plan::{FailureKind, HostAct, Power},
};

use crate::{
    host, remote, shell,
    silent::Silent,
    sshd::{Sshd, free_port},
};

#[tokio::test]
async fn a_host_that_hangs_up_as_it_goes_has_stopped() {
    for act in [HostAct::Stop, HostAct::Restart] {
        let server = Sshd::start();
        let mut foo = host("foo", &server);
        foo.commands.stop = Some(server.suicide());
        foo.commands.restart = Some(server.suicide());
        let remote = remote([&foo]);
        assert_eq!(remote.probe(&foo).await, Ok(Power::Up));
        remote.act(&foo, &act).await.expect("it obeyed");
        assert_ne!(remote.probe(&foo).await, Ok(Power::Up));
    }
}

#[tokio::test]
async fn a_host_that_hangs_up_in_a_command_has_failed() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let failure = shell(&remote([&foo]), &foo, &server.suicide()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.message.contains("connection was lost"), "{}", failure.message);
}

#[tokio::test]
async fn a_stop_command_that_fails_has_not_stopped() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    foo.commands.stop = Some("echo not today >&2; exit 1".to_owned());
    let failure = remote([&foo]).act(&foo, &HostAct::Stop).await.unwrap_err();
    assert_eq!(failure.message, "foo: its stop command ended with code 1: not today");
}

#[tokio::test]
async fn a_guest_is_started_and_asked_for_where_it_runs() {
    let server = Sshd::start();
    let hypervisor = host("big-iron", &server);
    let mut guest = host("plex", &server);
    let flag = server.path("plex-runs");
    guest.address = None;
    guest.on = Some("big-iron".into());
    guest.commands.start = Some(format!("touch {}", flag.display()));
    guest.commands.state = Some(format!("test -e {}", flag.display()));
    let remote = remote([&hypervisor, &guest]);
    assert_eq!(remote.probe(&guest).await, Ok(Power::Down));
    remote.act(&guest, &HostAct::Start).await.expect("it starts");
    assert_eq!(remote.probe(&guest).await, Ok(Power::Up));
}

#[tokio::test]
async fn with_its_hypervisor_a_guest_is_down() {
    let server = Sshd::start();
    let hypervisor = host("big-iron", &server);
    let mut guest = host("plex", &server);
    guest.on = Some("big-iron".into());
    guest.commands.state = Some("true".to_owned());
    let remote = remote([&hypervisor, &guest]);
    assert_eq!(remote.probe(&guest).await, Ok(Power::Up));
    let mut big_iron = hypervisor;
    let off = Silent::start();
    big_iron.ssh.port = off.port();
    let remote = self::remote([&big_iron, &guest]);
    assert_eq!(remote.probe(&guest).await, Ok(Power::Down));
}

#[tokio::test]
async fn what_the_site_file_does_not_say_is_asked_for() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let remote = remote([&foo]);
    for act in [HostAct::Start, HostAct::Wake] {
        let failure = remote.act(&foo, &act).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotConfigured);
        assert!(failure.message.contains("add `mac = \""), "{}", failure.message);
    }
}

#[tokio::test]
async fn only_a_host_from_which_nothing_comes_is_down() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    let remote = remote([&foo]);
    let off = Silent::start();
    foo.ssh.port = off.port();
    assert_eq!(remote.probe(&foo).await, Ok(Power::Down));
    // A machine that refuses runs, and cannot be told to stop.
    foo.ssh.port = free_port();
    let failure = remote.probe(&foo).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(failure.message.contains("it runs, but does not take SSH"), "{}", failure.message);
}

#[tokio::test]
async fn what_cannot_be_known_is_no_answer() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    let remote = remote([&foo]);
    foo.address = Some("no-such-host.invalid".to_owned());
    assert!(remote.probe(&foo).await.unwrap_err().message.contains("cannot be resolved"));
    foo.address = None;
    assert_eq!(remote.probe(&foo).await.unwrap_err().kind, FailureKind::NotConfigured);
}

#[tokio::test]
async fn this_board_needs_no_ssh() {
    let server = Sshd::start();
    let mut pi = host("pi", &server);
    (pi.kind, pi.address) = (HostKind::ThisBoard, None);
    let remote = remote([&pi]);
    assert_eq!(remote.probe(&pi).await, Ok(Power::Up));
    assert_eq!(shell(&remote, &pi, "echo here").await.expect("it runs").output, "here\n");
    let failure = shell(&remote, &pi, "exit 9").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exit(9));
    assert!(!remote.act(&pi, &HostAct::Start).await.expect("it runs already").changed);
    assert_eq!(server.logins(), 0);
}
