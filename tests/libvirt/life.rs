//! A machine's life on QEMU: defined, started, shut down, gone, and every step told as an event.

use std::time::Duration;

use tokio::{sync::broadcast::Receiver, time::timeout};
use watchpost::host::libvirt::{
    ShutdownBy,
    rpc::message::{DomainState, Lifecycle, LifecycleEvent},
};

use crate::{
    connect,
    libvirtd::{Libvirtd, OBEDIENT},
};

/// Waits for this event, and leaves out those before it.
async fn heard(events: &mut Receiver<LifecycleEvent>, what: Lifecycle) {
    let waiting = async {
        loop {
            let event = events.recv().await.expect("an event");
            if event.domain.name == "plex" && event.what == what {
                return;
            }
        }
    };
    let patience = Duration::from_secs(60);
    timeout(patience, waiting).await.unwrap_or_else(|_| panic!("{what:?} is never told"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_lives_and_every_step_is_told() {
    let daemon = Libvirtd::start();
    let uri = daemon.qemu();
    let connection = connect(&uri).await.expect("a connection");
    let mut events = connection.events();
    connection.listen().await.expect("events");

    daemon.define("plex", OBEDIENT);
    heard(&mut events, Lifecycle::Defined).await;
    let plex = connection.domain("plex").await.expect("an answer").expect("it is there");
    assert_eq!(connection.state(&plex).await, Ok(DomainState::Off));
    connection.set_autostart(&plex, true).await.expect("taken");
    assert!(daemon.says(&uri, &["dominfo", "plex"]).contains("Autostart:      enable"));
    connection.set_autostart(&plex, false).await.expect("taken");

    let plex = connection.start(&plex).await.expect("it starts");
    heard(&mut events, Lifecycle::Started).await;
    assert_eq!(daemon.says(&uri, &["domstate", "plex"]), "running");
    assert_eq!(connection.state(&plex).await, Ok(DomainState::Running));
    assert_eq!(connection.addresses(&plex).await, Ok(Vec::new()), "it has no network");

    // The daemon asks every second whether we live, and would hang up by now.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!connection.has_ended(), "pings are answered");

    let shut_down = async {
        while connection.state(&plex).await == Ok(DomainState::Running) {
            // What is still in its firmware hears no button.
            connection.shutdown(&plex, ShutdownBy::Acpi).await.expect("taken");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    timeout(Duration::from_secs(60), shut_down).await.expect("it obeys");
    heard(&mut events, Lifecycle::ShutDown).await;
    connection.start(&plex).await.expect("it starts again");
    heard(&mut events, Lifecycle::Started).await;
    connection.destroy(&plex).await.expect("its power is cut");
    heard(&mut events, Lifecycle::Fell).await;

    connection.undefine(&plex).await.expect("forgotten");
    heard(&mut events, Lifecycle::Undefined).await;
    assert_eq!(connection.domain("plex").await, Ok(None));
    assert_eq!(daemon.says(&uri, &["list", "--all", "--name"]), "");
}
