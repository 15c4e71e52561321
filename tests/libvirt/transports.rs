//! Every way to a daemon gives the answers that virsh gives.

use watchpost::host::libvirt::Error;

use crate::{
    connect, hosts,
    libvirtd::Libvirtd,
    sshd::{Sshd, program},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_transport_gives_the_answers_of_virsh() {
    let daemon = Libvirtd::start();
    let helped = Sshd::start_with(&["ed25519"], &[("PATH", &path_with(&daemon.helper()))]);
    let unix = daemon.unix("test", "/default");
    // The driver forgets everything with its last connection.
    let keeper = connect(&unix).await.expect("a connection");
    let socket = daemon.socket();
    let socket = socket.display();
    let ssh = format!(
        "test+ssh://{}@127.0.0.1:{}/default?keyfile={}&known_hosts={}",
        Sshd::user(),
        helped.port(),
        helped.key().display(),
        helped.known_hosts().display(),
    );
    let uris = [
        unix.clone(),
        format!("test+tcp://127.0.0.1:{}/default", daemon.tcp_port),
        format!(
            "test+tls://localhost:{}/default?pkipath={}",
            daemon.tls_port,
            daemon.pki.path("").display()
        ),
        ssh.clone(),
        format!("{ssh}&socket={socket}"),
        format!("{ssh}&socket={socket}&proxy=netcat"),
    ];
    for file in ["clientcert.pem", "clientkey.pem"] {
        assert!(daemon.pki.path(file).exists());
    }
    let listed = daemon.says(&unix, &["list", "--all", "--name"]);
    let state = daemon.says(&unix, &["domstate", "test"]);
    let about = daemon.says(&unix, &["dominfo", "test"]);
    for uri in &uris {
        let connection = connect(uri).await.unwrap_or_else(|error| panic!("{uri}: {error}"));
        let domains = connection.domains().await.expect("a list");
        let names: Vec<_> = domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, listed.lines().collect::<Vec<_>>(), "{uri}");
        let info = connection.info(&domains[0]).await.expect("its state");
        assert_eq!(info.state.to_string(), state, "{uri}");
        assert!(about.contains(&format!("{} KiB", info.max_memory)), "{about}");
        assert!(about.lines().any(|line| line == format!("CPU(s):         {}", info.vcpus)));
        assert_eq!(connection.domain("nobody").await, Ok(None), "{uri}");
        assert_eq!(connection.autostart(&domains[0]).await, Ok(false));

        // An error in libvirt's own words.
        let Err(Error::Remote(error)) = connection.define("<domain>").await else {
            panic!("{uri}: that is no domain")
        };
        let file = daemon.path("bad.xml");
        std::fs::write(&file, "<domain>").expect("written");
        let output = daemon.virsh(&unix, &["define", &file.display().to_string()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let first = error.to_string();
        let first = first.lines().next().unwrap_or_default();
        assert!(!first.is_empty() && said.contains(first), "{uri}: {error}\n{said}");
    }
    drop(keeper);
}

fn path_with(folder: &std::path::Path) -> String {
    format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", folder.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_who_is_not_known() {
    let daemon = Libvirtd::start();
    let (port, pki) = (daemon.tls_port, daemon.pki.path(""));
    let told = async |uri: String| connect(&uri).await.map(drop).unwrap_err().to_string();

    // The certificate is for another name.
    let pkipath = pki.display();
    let error = told(format!("test+tls://127.0.0.1:{port}/default?pkipath={pkipath}")).await;
    assert!(error.contains("no TLS with 127.0.0.1"), "{error}");
    assert!(error.contains("mismatch"), "{error}");
    // Our certificate is nobody's that the daemon knows.
    let stranger = daemon.pki.stranger();
    let stranger = stranger.display();
    let error = told(format!("test+tls://localhost:{port}/default?pkipath={stranger}")).await;
    assert!(error.contains("does not accept our certificate"), "{error}");
    // There is none at all.
    let error = told(format!("test+tls://localhost:{port}/default?pkipath=/nowhere")).await;
    assert!(error.contains("cannot read /nowhere/cacert.pem"), "{error}");
    assert!(error.contains("`pkipath="), "{error}");

    // A host key that has changed, of a host of the inventory.
    let mut server = Sshd::start();
    let hypervisor = format!(
        "[hosts.big-iron]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\n\
         ssh = {{ user = \"{}\", port = {}, key = \"{}\", known_hosts = \"{}\" }}\n\
         [hosts.test]\nkind = \"libvirt\"\nuri = \"test+ssh://big-iron/default?socket={}\"\n",
        Sshd::user(),
        server.port(),
        server.key().display(),
        server.known_hosts().display(),
        daemon.socket().display(),
    );
    let (remote, inventory) = hosts(&hypervisor);
    let test = inventory.get("test").expect("a host");
    assert_eq!(remote.probe(test).await, Ok(watchpost::plan::Power::Up));
    server.make_host_key("ed25519");
    server.restart();
    let (remote, _) = hosts(&hypervisor);
    let failure = remote.probe(test).await.unwrap_err();
    assert_eq!(failure.kind, watchpost::plan::FailureKind::Refused);
    assert!(failure.message.contains("ITS HOST KEY HAS CHANGED"), "{}", failure.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hypervisor_without_a_running_daemon_says_so() {
    // The helper itself, where no daemon has a socket.
    let folder = tempfile::tempdir().expect("a folder");
    program(
        &folder.path().join("virt-ssh-helper"),
        "#!/bin/sh\nexec unshare -m sh -c 'mount -t tmpfs tmpfs /run && \
         exec /usr/bin/virt-ssh-helper \"$1\"' sh \"$@\"\n",
    );
    let server = Sshd::start_with(&["ed25519"], &[("PATH", &path_with(folder.path()))]);
    let uri = format!(
        "test+ssh://{}@127.0.0.1:{}/default?keyfile={}&known_hosts={}",
        Sshd::user(),
        server.port(),
        server.key().display(),
        server.known_hosts().display(),
    );
    let error = connect(&uri).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("libvirt-sock"), "the helper's own words: {error}");
    let missing = format!("{uri}&socket=/nowhere/libvirt-sock");
    let error = connect(&missing).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("libvirt has no socket there"), "{error}");
}
