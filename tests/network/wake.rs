//! Wake-on-LAN: which wires the packet goes over, and what is in it.

use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket},
    os::unix::fs::PermissionsExt,
    thread,
    time::Duration,
};

use socket2::{Domain, Socket, Type};

use crate::{House, at_the_client, network::Network};

const MAC: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
/// Longer than any packet takes here.
const PATIENCE: Duration = Duration::from_secs(30);
const MOMENT: Duration = Duration::from_millis(300);

fn packet(password: &[u8]) -> Vec<u8> {
    [&[0xff; 6], MAC.repeat(16).as_slice(), password].concat()
}

fn big_iron(wake: &str) -> String {
    format!("[hosts.big-iron]\nkind = \"physical\"\nmac = \"52:54:00:12:34:56\"\n{wake}\n")
}

/// Hears what is broadcast to this port over one wire.
fn ear(network: &Network, wire: &'static str, port: u16) -> UdpSocket {
    at_the_client(network, move || {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).expect("a socket");
        socket.set_reuse_address(true).expect("reuse");
        socket.bind_device(Some(wire.as_bytes())).expect("the wire");
        socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into()).expect("the port");
        UdpSocket::from(socket)
    })
}

/// The next packet and who sent it, or nothing within the time.
fn heard(ear: &UdpSocket, within: Duration) -> Option<(Vec<u8>, String)> {
    ear.set_read_timeout(Some(within)).expect("a timeout");
    let mut buffer = [0; 2048];
    let (length, from) = ear.recv_from(&mut buffer).ok()?;
    Some((buffer[..length].to_vec(), from.ip().to_string()))
}

#[test]
fn the_packet_goes_over_every_wire_and_is_right_to_the_byte() {
    let network = Network::new();
    let second = network.second_cable();
    let house = House::new(network, &big_iron(""));
    let ears = [ear(&house.network, "cable", 9), ear(&house.network, second, 9)];
    let rows = house.rows(r#"run(wake(hosts("big-iron")))"#);
    assert_eq!(rows[0]["ok"], true, "{rows:?}");
    let said = rows[0]["output"].as_str().unwrap_or_default();
    assert_eq!(said, "magic packet sent to 10.77.0.255 (cable), 10.78.0.255 (second)");
    let first = heard(&ears[0], PATIENCE);
    assert_eq!(first, Some((packet(&[]), "10.77.0.1".into())));
    assert_eq!(heard(&ears[1], PATIENCE), Some((packet(&[]), "10.78.0.1".into())));
    assert_eq!(heard(&ears[0], MOMENT), None, "one packet is enough");
}

#[test]
fn one_interface_a_port_and_a_password_are_obeyed() {
    let network = Network::new();
    let second = network.second_cable();
    let wake = "wake = { interface = \"second\", port = 7, password = { secret = \"secure-on\" } }";
    let house = House::new(network, &big_iron(wake));
    fs::create_dir(house.path("secrets")).expect("a folder");
    let secret = house.path("secrets/secure-on");
    fs::write(&secret, "00:11:22:33:44:55\n").expect("a secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("its owner's alone");
    let ears = [ear(&house.network, "cable", 7), ear(&house.network, second, 7)];
    let rows = house.rows(r#"run(wake(hosts("big-iron")))"#);
    assert_eq!(rows[0]["ok"], true, "{rows:?}");
    let secured = packet(&[0x00, 0x11, 0x22, 0x33, 0x44, 0x55]);
    assert_eq!(heard(&ears[1], PATIENCE), Some((secured, "10.78.0.1".into())));
    assert_eq!(heard(&ears[0], MOMENT), None);

    fs::write(&secret, "open sesame").expect("a secret");
    let rows = house.rows(r#"run(wake(hosts("big-iron")))"#);
    let error = rows[0]["error"].as_str().unwrap_or_default();
    assert!(error.contains("\"secure-on\" is no SecureOn password: six bytes"), "{error}");
    assert!(!error.contains("sesame"));
}

#[test]
fn a_wire_that_is_not_there_is_named() {
    let house = House::new(Network::new(), &big_iron("wake = { interface = \"eth7\" }"));
    let rows = house.rows(r#"run(wake(hosts("big-iron")))"#);
    let error = rows[0]["error"].as_str().unwrap_or_default();
    assert!(error.contains("the interface eth7 is not there, is down"), "{error}");
}

#[test]
#[ignore = "half a minute passes until the second packet"]
fn a_host_that_sleeps_on_is_woken_again_until_it_answers() {
    let address = "address = \"10.77.0.2\"\nstart_within = \"2m\"";
    let house = House::new(Network::new(), &big_iron(address));
    let ear = ear(&house.network, "cable", 9);
    let listener = thread::spawn({
        let namespace = house.network.client.clone();
        move || {
            assert!(heard(&ear, PATIENCE).is_some());
            // The first one it has slept through.
            assert!(heard(&ear, Duration::from_secs(90)).is_some());
            let path = format!("/run/netns/{namespace}");
            let namespace = fs::File::open(path).expect("a namespace");
            nix::sched::setns(namespace, nix::sched::CloneFlags::CLONE_NEWNET).expect("root");
            let sshd = TcpListener::bind("10.77.0.2:22").expect("the port");
            let (mut visitor, _) = sshd.accept().expect("a visitor");
            visitor.write_all(b"SSH-2.0-awake\r\n").expect("a banner");
            thread::sleep(MOMENT);
        }
    });
    let rows = house.rows(r#"run(start(hosts("big-iron")))"#);
    assert_eq!((&rows[0]["ok"], &rows[0]["changed"]), (&true.into(), &true.into()), "{rows:?}");
    listener.join().expect("two packets came");
}
