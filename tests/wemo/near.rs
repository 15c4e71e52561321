//! Who is served: the board's own subnets, as they are now, and whoever the site file allows.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use super::{
    Agent, Client,
    agent::until,
    client::{BASIC, search},
    house, house_with,
    network::ip,
};

const LAMP: &str = "wemo(\"lamp\", #{ on: || (), off: || () });";
const A_WHILE: Duration = Duration::from_millis(600);

/// Gives the client an address that is in none of the house's subnets, and the house a way back.
fn stranger(agent: &Agent) -> &'static str {
    ip(&["-n", &agent.network.client, "addr", "add", "192.0.2.5/32", "dev", "cable"]);
    ip(&["-n", &agent.network.house, "route", "add", "192.0.2.0/24", "dev", "cable"]);
    "192.0.2.5"
}

fn found_from(client: &Client, own: &str) -> Option<String> {
    let socket = UdpSocket::bind((own, 0)).unwrap();
    let found = client.multicast_from(&socket, search(BASIC).as_bytes(), A_WHILE);
    found.first().map(|answer| answer.header("LOCATION").to_owned())
}

/// What a GET from this address is answered; nothing when the connection is closed.
fn page_from(own: &str, to: &str) -> String {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let at = |address: String| address.parse::<SocketAddr>().unwrap().into();
    socket.bind(&at(format!("{own}:0"))).unwrap();
    socket.connect(&at(to.to_owned())).unwrap();
    let mut stream: TcpStream = socket.into();
    let mut text = String::new();
    // It may have hung up already.
    let _ = stream.write_all(b"GET /setup.xml HTTP/1.0\r\n\r\n");
    let _ = stream.read_to_string(&mut text);
    text
}

#[test]
fn strangers_are_not_served_and_the_doctor_says_so() {
    let (agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let own = stranger(&agent);
    assert_eq!(found_from(&client, own), None);
    assert_eq!(page_from(own, &format!("10.77.0.1:{port}")), "");
    let told = agent.doctor(&[]).text;
    let refused =
        format!("{own} search for {BASIC} (not from a local subnet; see `allow` in [alexa])");
    assert!(told.contains(&refused), "{told}");
}

#[test]
fn who_is_allowed_is_served_from_afar() {
    let (agent, client) = house_with("allow = [\"192.0.2.0/24\"]", LAMP);
    let port = client.port_of("lamp");
    let own = stranger(&agent);
    let location = format!("http://10.77.0.1:{port}/setup.xml");
    assert_eq!(found_from(&client, own), Some(location));
    assert!(page_from(own, &format!("10.77.0.1:{port}")).contains("<friendlyName>lamp<"));
}

#[test]
fn an_address_that_changes_is_the_one_that_is_told() {
    let (agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let (house, other) = (&agent.network.house, &agent.network.client);
    let address = |verb, address| ip(&["-n", house, "addr", verb, address, "dev", "cable"]);
    ip(&["-n", other, "addr", "add", "10.79.0.2/24", "dev", "cable"]);
    address("del", "10.77.0.1/24");
    address("add", "10.79.0.1/24");
    let is_found = |from, at: &str| {
        let location = format!("http://{at}:{port}/setup.xml");
        until(&location, || (found_from(&client, from).as_ref() == Some(&location)).then_some(()));
    };
    is_found("10.79.0.2", "10.79.0.1");
    assert!(page_from("10.79.0.2", &format!("10.79.0.1:{port}")).contains("lamp"));
    // Two subnets on one cable: each is told its own.
    address("add", "10.77.0.1/24");
    is_found("10.77.0.2", "10.77.0.1");
    is_found("10.79.0.2", "10.79.0.1");
    // Gone and back before anybody looks.
    for verb in ["del", "add"] {
        address(verb, "10.77.0.1/24");
        address(verb, "10.79.0.1/24");
    }
    is_found("10.77.0.2", "10.77.0.1");
    for state in ["down", "up"] {
        ip(&["-n", house, "link", "set", "cable", state]);
    }
    is_found("10.77.0.2", "10.77.0.1");
}

#[test]
fn ipv6_beside_changes_nothing() {
    let (agent, client) = house(LAMP);
    let (house, other) = (&agent.network.house, &agent.network.client);
    // An interface that has nothing else, one that has both, and a program on its port 1900.
    agent.network.second_cable();
    ip(&["-n", house, "addr", "del", "10.78.0.1/24", "dev", "second"]);
    for (end, address) in [(house, "fd00:77::1/64"), (other, "fd00:77::2/64")] {
        for cable in ["cable", "second"] {
            ip(&["-n", end, "addr", "add", address, "dev", cable, "nodad"]);
        }
    }
    let _other = agent.network.in_house(|| {
        let kind = socket2::Type::DGRAM;
        let socket = socket2::Socket::new(socket2::Domain::IPV6, kind, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.set_reuse_port(true).unwrap();
        socket.bind(&"[::]:1900".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket
    });
    let port = client.port_of("lamp");
    let socket = UdpSocket::bind("[::]:0").unwrap();
    // Echos search over IPv6, too, and then over IPv4.
    let index = nix::net::if_::if_nametoindex("cable").unwrap();
    let group = format!("[ff02::c%{index}]:1900").parse::<SocketAddr>().unwrap();
    socket.send_to(search(BASIC).as_bytes(), group).unwrap();
    assert_eq!(client.search(BASIC).len(), 1);
    assert!(client.is_on(port) || client.set(port, true));
    let far = format!("[fd00:77::1]:{port}").parse::<SocketAddr>().unwrap();
    assert!(TcpStream::connect_timeout(&far, A_WHILE).is_err(), "devices are of IPv4");
    assert!(!agent.log().contains("not heard"), "{}", agent.log());
    let told = agent.doctor(&[]);
    assert!(told.text.contains("every device answers a search on cable"), "{}", told.text);
    assert!(!told.text.contains("second"), "{}", told.text);
}
