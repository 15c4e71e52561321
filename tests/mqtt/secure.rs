//! TLS with a private authority, client certificates, user and password.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::{
    agent::{Agent, file_sensor},
    broker::{Broker, Make, folder},
    until,
};

/// An authority, a certificate for localhost, and one for the agent.
fn make_certificates(folder: &Path) {
    let script = "set -e
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca
        for name in server client; do
            openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=localhost
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > ext
            openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile ext -out $name.pem
        done";
    let made =
        Command::new("sh").args(["-c", script]).current_dir(folder).stderr(Stdio::null()).status();
    assert!(made.expect("a shell").success(), "openssl is missing");
}

fn is_connected(agent: &Agent) -> bool {
    agent.log().contains("connected to the broker")
}

fn with_tls(make_site: impl FnOnce(u16, &str) -> String) -> (Broker, Agent) {
    let folder = folder();
    make_certificates(folder.path());
    let broker = Broker::start_in(
        folder,
        Make::Mosquitto,
        "cafile FOLDER/ca.pem\ncertfile FOLDER/server.pem\nkeyfile FOLDER/server.key\n\
         require_certificate true\n",
    );
    let site = make_site(broker.port, &broker.folder.path().display().to_string());
    let mut agent = Agent::new("closet", &site, &file_sensor("closet/heat", "heat", "50ms"));
    agent.start();
    (broker, agent)
}

#[test]
fn a_private_authority_and_a_certificate_of_our_own() {
    for version in ["3.1.1", "5"] {
        let (_broker, agent) = with_tls(|port, folder| {
            format!(
                "url = \"mqtts://localhost:{port}\"\nversion = \"{version}\"\nca = \"{folder}/ca.pem\"\n\
                 certificate = \"{folder}/client.pem\"\nkey = \"{folder}/client.key\""
            )
        });
        until("it is connected", || is_connected(&agent).then_some(()));
    }
}

#[test]
fn a_broker_of_an_unknown_authority_is_not_trusted() {
    let (_broker, agent) = with_tls(|port, folder| {
        format!(
            "url = \"mqtts://localhost:{port}\"\ncertificate = \"{folder}/client.pem\"\n\
             key = \"{folder}/client.key\""
        )
    });
    until("it refuses", || agent.log().contains("certificate").then_some(()));
    assert!(!is_connected(&agent));
}

#[test]
fn a_password_opens_and_a_wrong_one_is_told_once() {
    let folder = folder();
    let passwords = folder.path().join("passwords");
    let made = Command::new("mosquitto_passwd")
        .args(["-b", "-c"])
        .arg(&passwords)
        .args(["pi", "hunter2"])
        .status();
    assert!(made.expect("mosquitto_passwd").success());
    fs::set_permissions(&passwords, fs::Permissions::from_mode(0o644)).expect("permissions");
    let broker = Broker::start_in(folder, Make::Mosquitto, "password_file FOLDER/passwords\n");
    for version in ["3.1.1", "5"] {
        let mqtt = format!(
            "url = \"mqtt://127.0.0.1:{}\"\nversion = \"{version}\"\nuser = \"pi\"\n\
             password = {{ secret = \"broker\" }}",
            broker.port
        );
        let mut agent = Agent::new("closet", &mqtt, &file_sensor("closet/heat", "heat", "50ms"));
        fs::create_dir(agent.path("secrets")).expect("a folder");
        let secret = agent.path("secrets/broker");
        let put = |password| {
            fs::write(&secret, password).expect("a secret");
            fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("permissions");
        };
        put("wrong");
        agent.start();
        let refused = "refuses user and password";
        until("it is refused", || agent.log().contains(refused).then_some(()));
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(agent.log().matches(refused).count(), 1);
        put("hunter2");
        until("it is connected", || is_connected(&agent).then_some(()));
        assert!(!agent.log().contains("hunter2"));
    }
}
