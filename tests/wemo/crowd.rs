//! More than one board on a link, and more clients than anybody has.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::{SocketAddr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use super::{
    agent::{Agent, until},
    client::{BASIC, GROUP, search, soap, state},
    house,
    network::ip,
};

const LAMP: &str = "wemo(\"lamp\", #{ on: || (), off: || () });";

#[test]
fn two_boards_on_one_link_are_two_devices() {
    let (agent, client) = house(LAMP);
    client.port_of("lamp");
    let _neighbour = Agent::start(agent.network.swapped(), "", LAMP);
    let found = until("both boards", || {
        let found = client.search("urn:Belkin:device:**");
        (found.len() == 2).then_some(found)
    });
    for header in ["USN", "LOCATION"] {
        let different: HashSet<&str> = found.iter().map(|answer| answer.header(header)).collect();
        assert_eq!(different.len(), 2, "{header}: {found:?}");
    }
}

#[test]
fn a_flood_of_searches_and_of_connections_is_bounded_and_others_are_served() {
    let (agent, client) = house(&super::lamps(20));
    let port = client.port_of("lamp 19");
    ip(&["-n", &agent.network.client, "addr", "add", "10.77.0.3/24", "dev", "cable"]);
    let before = agent.memory_kb();

    let stuck: Vec<_> = (0..300).filter_map(|_| client.connect(port)).collect();
    for stream in &stuck {
        // Those above the bound are closed.
        let _ = (&*stream).write_all(b"POST /upnp/control/basicevent1 HTTP/1.1\r\nX: ");
    }
    let sockets: Vec<UdpSocket> =
        (0..100).map(|_| UdpSocket::bind("10.77.0.2:0").unwrap()).collect();
    let text = search(BASIC);
    let mut slowest = Duration::ZERO;
    for round in 0..100u32 {
        for socket in &sockets {
            // A full buffer on this side is a smaller flood.
            let _ = socket.send_to(text.as_bytes(), GROUP);
        }
        let began = Instant::now();
        let on = round % 2 == 0;
        let request =
            soap("SetBinaryState", &format!("<BinaryState>{}</BinaryState>", u8::from(on)));
        let mut stream = from_elsewhere(port);
        stream.write_all(&request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(state(&answer), on);
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    let grown = agent.memory_kb().saturating_sub(before);
    assert!(grown < 16_000, "{grown} kB more");

    drop((stuck, sockets));
    // The answers to the flood's last searches are still going out.
    thread::sleep(Duration::from_secs(1));
    assert_eq!(client.search("upnp:rootdevice").len(), 20, "and afterwards all is as before");
}

#[test]
fn who_is_too_slow_is_left() {
    let (agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let before = agent.memory_kb();
    let began = Instant::now();
    // Ten seconds are enough for a request of a few hundred bytes.
    let mut slow = client.connect(port).unwrap();
    let trickling = thread::spawn(move || {
        let mut request = b"POST /upnp/control/basicevent1 HTTP/1.1\r\nX: ".to_vec();
        request.resize(2_000, b'x');
        let gone = request.iter().any(|byte| {
            thread::sleep(Duration::from_millis(50));
            slow.write_all(&[*byte]).is_err()
        });
        assert!(gone, "it took all of it");
    });
    // Asks on and on, and never reads.
    let mut deaf = client.connect(port).unwrap();
    let asking = thread::spawn(move || {
        let requests = b"GET /setup.xml HTTP/1.1\r\n\r\n".repeat(100);
        while deaf.write_all(&requests).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(60), "it is never left");
        }
    });
    for _ in 0..20 {
        client.set(port, true);
    }
    trickling.join().unwrap();
    asking.join().unwrap();
    assert!(began.elapsed() > Duration::from_secs(8), "somebody may have a slow network");
    let grown = agent.memory_kb().saturating_sub(before);
    assert!(grown < 4_000, "{grown} kB more");
    assert!(client.is_on(port));
}

/// A connection from the client's second address.
fn from_elsewhere(port: u16) -> std::net::TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let address = |text: &str| text.parse::<SocketAddr>().unwrap().into();
    socket.bind(&address("10.77.0.3:0")).unwrap();
    socket.connect(&address(&format!("10.77.0.1:{port}"))).unwrap();
    socket.into()
}
