//! Commands: codes, outputs, deadlines, many at once.

use std::{
    fs,
    time::{Duration, Instant},
};

use futures::future::join_all;
use watchpost::plan::{FailureKind, HostAct};

use crate::{
    host, remote, shell,
    sshd::{Sshd, free_port, program},
};

#[tokio::test]
async fn output_comes_back_with_the_code() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let remote = remote([&foo]);

    let done = shell(&remote, &foo, "echo out; echo err >&2").await.expect("it runs");
    assert_eq!(done.output, "out\nerr\n");

    let failure = shell(&remote, &foo, "echo before; echo why >&2; exit 7").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exit(7));
    assert_eq!(failure.message, "foo: the command ended with code 7: why");
    assert_eq!(failure.output, "before\nwhy\n");

    let failure = shell(&remote, &foo, "kill -SEGV $$").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Exit(139));
    assert!(failure.message.contains("killed by SIGSEGV"), "{}", failure.message);
}

#[tokio::test]
async fn of_endless_output_the_end_is_kept() {
    let server = Sshd::start();
    let foo = host("foo", &server);
    let command =
        "i=0; while [ $i -lt 60000 ]; do echo line $i; echo other $i >&2; i=$((i+1)); done";
    let done = shell(&remote([&foo]), &foo, command).await.expect("it runs");
    assert!(done.output.len() < 140_000, "{} bytes", done.output.len());
    assert!(done.output.contains("line 59999\n") && done.output.ends_with("other 59999\n"));
    assert!(!done.output.contains("line 1\n"));
}

#[tokio::test]
async fn a_command_that_hangs_ends_at_its_deadline() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    foo.command_within = Duration::from_secs(1);
    let began = Instant::now();
    let failure = shell(&remote([&foo]), &foo, "echo begun; sleep 15").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::TimedOut);
    assert_eq!(failure.output, "begun\n");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    foo.ssh.port = listener.local_addr().expect("bound").port();
    foo.command_within = Duration::from_secs(1);
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert!(failure.is_transient(), "{failure:?}");
}

#[tokio::test]
async fn nobody_there_is_said_with_the_place() {
    let server = Sshd::start();
    let mut foo = host("foo", &server);
    foo.ssh.port = free_port();
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert_eq!((failure.kind, failure.code()), (FailureKind::Unreachable, Some(-1)));
    let place = format!("foo: no connection to 127.0.0.1 port {}", foo.ssh.port);
    assert!(failure.message.starts_with(&place), "{}", failure.message);

    foo.address = None;
    let failure = shell(&remote([&foo]), &foo, "true").await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotConfigured);
    assert!(failure.message.contains("add `address = \"…\"` to [hosts.foo]"));
}

#[tokio::test]
async fn twenty_hosts_work_beside_each_other() {
    let server = Sshd::start();
    let hosts: Vec<_> = (0..20).map(|nth| host(&format!("host-{nth}"), &server)).collect();
    let remote = remote(&hosts);
    let began = Instant::now();
    let work = hosts.iter().map(|host| shell(&remote, host, "sleep 2; echo $$"));
    let outputs = join_all(work).await;
    assert!(outputs.iter().all(Result::is_ok), "{outputs:?}");
    // One after the other would take forty seconds of sleep alone.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn update_takes_the_package_manager_that_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let server = Sshd::start_with(&["ed25519"], &[("PATH", &path)]);
    // The real one must not run here: this one writes down what it was asked.
    let asked = folder.path().join("asked");
    let fake = format!("#!/bin/sh\necho \"$DEBIAN_FRONTEND $*\" >> {}\n", asked.display());
    program(&folder.path().join("apt-get"), &fake);
    program(&folder.path().join("sudo"), "#!/bin/sh\nshift; exec \"$@\"\n");
    let foo = host("foo", &server);
    let done = remote([&foo]).act(&foo, &HostAct::Update).await.expect("it updates");
    assert!(done.changed);
    let asked = fs::read_to_string(asked).expect("it was called");
    let asked: Vec<&str> = asked.lines().collect();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("noninteractive -q -y ") && asked[0].ends_with(" update"));
    assert!(asked[1].contains("--force-confold") && asked[1].ends_with(" upgrade"));
}
