//! Sessions that are kept, lost and led through other hosts.

use std::{fs, io, thread, time::Duration};

use watchpost::{
    host::{
        Inventory,
        ssh::{Deadline, Pool, Target},
    },
    plan::{FailureKind, Power},
};

use crate::{
    host, remote, secrets, shell,
    sshd::{Sshd, free_port},
};

#[tokio::test]
async fn one_login_serves_many_commands() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let remote = remote([&foo]);
    for _ in 0..5 {
        shell(&remote, &foo, "true").await.expect("it runs");
        shell(&remote, &foo, "false").await.expect_err("it fails");
    }
    assert_eq!(server.logins(), 1);
}

#[test]
fn a_session_that_nobody_uses_is_closed() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let pool = Pool::new(secrets(), Duration::from_millis(100));
    let target = Target::of(&foo, &Inventory::default()).expect("it has an address");
    let deadline = Deadline::within(Duration::from_secs(20));
    pool.run(&target, "true", &mut io::empty(), 1024, deadline).expect("it runs");
    while !server.log().contains("Received disconnect") {
        assert!(!deadline.has_passed(), "{}", server.log());
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn a_restarted_server_is_logged_into_again() {
    let mut server = Sshd::start();
    let foo = host("foo", &server);
    let remote = remote([&foo]);
    shell(&remote, &foo, "true").await.expect("it runs");
    server.restart();
    let ran = server.path("ran");
    shell(&remote, &foo, &format!("echo x >> {}", ran.display())).await.expect("it runs again");
    assert_eq!(fs::read_to_string(ran).expect("it ran"), "x\n", "once, not twice");
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_host_behind_another_is_reached() {
    let (gate_server, server) = (Sshd::start(), Sshd::start());
    let gate = host("gate", &gate_server);
    let mut inner = host("inner", &server);
    inner.ssh.jump = Some("gate".into());
    let remote = remote([&gate, &inner]);
    let size = 3_000_000;
    let command = format!("head -c {size} /dev/zero | tr '\\0' x; echo; echo end");
    let done = shell(&remote, &inner, &command).await.expect("it runs");
    assert!(done.output.ends_with("x\nend\n"));
    assert_eq!((gate_server.logins(), server.logins()), (1, 1));
    shell(&remote, &inner, "true").await.expect("over the kept session");
    assert_eq!((gate_server.logins(), server.logins()), (1, 1));
    assert_eq!(remote.probe(&inner).await, Ok(Power::Up));

    inner.ssh.port = free_port();
    assert_eq!(remote.probe(&inner).await, Ok(Power::Down));
    let failure = shell(&remote, &inner, "true").await.unwrap_err();
    assert_eq!(failure.message, "inner: gate cannot reach it at 127.0.0.1");
}

#[tokio::test]
async fn when_the_gate_is_away_nobody_knows_what_is_behind() {
    let (mut gate_server, server) = (Sshd::start(), Sshd::start());
    let gate = host("gate", &gate_server);
    let mut inner = host("inner", &server);
    inner.ssh.jump = Some("gate".into());
    let remote = remote([&gate, &inner]);
    gate_server.stop();
    let failure = remote.probe(&inner).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(
        failure.message.starts_with("inner: through gate: no connection"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn gates_in_a_circle_are_a_mistake_of_the_site_file() {
    let server = Sshd::start();
    let (mut one, mut two) = (host("one", &server), host("two", &server));
    one.ssh.jump = Some("two".into());
    two.ssh.jump = Some("one".into());
    let failure = shell(&remote([&one, &two]), &one, "true").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotConfigured);
}
