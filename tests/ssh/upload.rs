//! Files onto a host, and only the right ones.

use std::{fs, os::unix::fs::PermissionsExt};

use watchpost::{
    host::HostKind,
    plan::{FailureKind, HostAct},
};

use crate::{host, remote_with_scripts, sshd::Sshd};

fn upload(from: &str, to: String) -> HostAct {
    HostAct::Upload { from: from.to_owned(), to }
}

#[tokio::test]
async fn a_file_arrives_whole_with_its_mode_and_only_once() {
    let server = Sshd::start();
    let scripts = tempfile::tempdir().expect("a folder");
    let content: Vec<u8> =
        (0..3_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let source = scripts.path().join("it's a \"file\".sh");
    fs::write(&source, &content).expect("written");
    fs::set_permissions(&source, fs::Permissions::from_mode(0o750)).expect("its mode");
    let to = server.path("arrived; here");
    fs::write(&to, "an older one").expect("written");
    let act = upload("it's a \"file\".sh", to.display().to_string());

    let over_ssh = host("foo", &server);
    let mut here = host("pi", &server);
    here.kind = HostKind::ThisBoard;
    for host in [over_ssh, here] {
        let remote = remote_with_scripts([&host], scripts.path().to_owned());
        assert!(remote.act(&host, &act).await.expect("it arrives").changed);
        assert!(fs::read(&to).expect("it is there") == content, "the same bytes");
        let mode = fs::metadata(&to).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
        assert!(!remote.act(&host, &act).await.expect("it is there").changed);
        fs::write(&to, "an older one").expect("written");
    }
    let parts = fs::read_dir(server.path("")).expect("the folder");
    let parts = parts.filter(|each| {
        each.as_ref().is_ok_and(|each| each.file_name().to_string_lossy().contains("watchpost-"))
    });
    assert_eq!(parts.count(), 0, "no half file is left");
}

#[tokio::test]
async fn a_folder_takes_the_file_under_its_name() {
    let server = Sshd::start();
    let scripts = tempfile::tempdir().expect("a folder");
    fs::write(scripts.path().join("motd"), "hello").expect("written");
    fs::create_dir(server.path("etc")).expect("a folder");
    let foo = host("foo", &server);
    let remote = remote_with_scripts([&foo], scripts.path().to_owned());
    let to = server.path("etc").display().to_string();
    remote.act(&foo, &upload("motd", to)).await.expect("it arrives");
    assert_eq!(fs::read_to_string(server.path("etc/motd")).expect("there"), "hello");

    remote.act(&foo, &upload("motd", "~/here".to_owned())).await.expect("it arrives");
    assert_eq!(fs::read_to_string(server.path("home/here")).expect("there"), "hello");

    let nowhere = server.path("absent/motd").display().to_string();
    let failure = remote.act(&foo, &upload("motd", nowhere)).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::Exit(_)), "{failure:?}");
}

#[tokio::test]
async fn nothing_leaves_but_the_scripts_folder() {
    let server = Sshd::start();
    let scripts = tempfile::tempdir().expect("a folder");
    let foo = host("foo", &server);
    let remote = remote_with_scripts([&foo], scripts.path().to_owned());
    for from in ["/etc/passwd", "../../etc/passwd"] {
        let to = server.path("stolen").display().to_string();
        let failure = remote.act(&foo, &upload(from, to)).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotConfigured);
    }
    assert_eq!(server.logins(), 0);
}
