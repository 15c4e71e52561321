//! A client with raw sockets. Its thread lives in the client's namespace from `enter` on.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket},
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, setns};

use super::{
    agent::until,
    network::{HOUSE, Network},
};

pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 1900);
pub const BASIC: &str = "urn:Belkin:service:basicevent:1";

pub struct Client;

/// An answer to a search.
#[derive(Debug)]
pub struct Found {
    pub text: String,
    pub after: Duration,
}

impl Found {
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.text.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim()).unwrap_or_else(|| panic!("no {name}: {}", self.text))
    }

    pub fn port(&self) -> u16 {
        let location = self.header("LOCATION");
        let rest = location.strip_prefix(&format!("http://{HOUSE}:")).expect(location);
        rest.strip_suffix("/setup.xml").unwrap().parse().unwrap()
    }
}

impl Client {
    pub fn enter(network: &Network) -> Self {
        let namespace = File::open(format!("/run/netns/{}", network.client)).unwrap();
        setns(namespace, CloneFlags::CLONE_NEWNET).expect("root, to enter a network namespace");
        Client
    }

    /// Sends a datagram to the group and gathers the answers that come within the time.
    pub fn multicast(&self, datagram: &[u8], within: Duration) -> Vec<Found> {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        self.multicast_from(&socket, datagram, within)
    }

    pub fn multicast_from(
        &self,
        socket: &UdpSocket,
        datagram: &[u8],
        within: Duration,
    ) -> Vec<Found> {
        socket.send_to(datagram, GROUP).unwrap();
        let (began, mut found) = (Instant::now(), Vec::new());
        let mut buffer = [0; 2048];
        while let Some(left) = within.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
            socket.set_read_timeout(Some(left)).unwrap();
            let length = match socket.recv_from(&mut buffer) {
                Ok((length, _)) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let text = String::from_utf8(buffer[..length].to_owned()).unwrap();
            found.push(Found { text, after: began.elapsed() });
        }
        found
    }

    pub fn search(&self, target: &str) -> Vec<Found> {
        self.multicast(search(target).as_bytes(), Duration::from_millis(1_300))
    }

    /// The port of a device, once it is there.
    pub fn port_of(&self, name: &str) -> u16 {
        until(&format!("the device \"{name}\""), || {
            (49152..49152 + 110).find(|port| {
                let answer = self.try_talk(*port, b"GET /setup.xml HTTP/1.0\r\n\r\n");
                answer.is_some_and(|text| {
                    text.contains(&format!("<friendlyName>{name}</friendlyName>"))
                })
            })
        })
    }

    pub fn connect(&self, port: u16) -> Option<TcpStream> {
        let stream = TcpStream::connect((HOUSE, port)).ok()?;
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        Some(stream)
    }

    /// Sends the bytes and reads until the other side closes.
    pub fn talk(&self, port: u16, bytes: &[u8]) -> String {
        self.try_talk(port, bytes).unwrap_or_else(|| panic!("port {port} does not answer"))
    }

    fn try_talk(&self, port: u16, bytes: &[u8]) -> Option<String> {
        let mut stream = self.connect(port)?;
        stream.write_all(bytes).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    pub fn get(&self, port: u16, path: &str) -> String {
        self.talk(
            port,
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    }

    pub fn soap(&self, port: u16, action: &str, arguments: &str) -> String {
        self.talk(port, &soap(action, arguments))
    }

    /// Switches, and returns the answer's state.
    pub fn set(&self, port: u16, on: bool) -> bool {
        let answer = self.soap(
            port,
            "SetBinaryState",
            &format!("<BinaryState>{}</BinaryState>", u8::from(on)),
        );
        assert!(answer.contains("SetBinaryStateResponse"), "{answer}");
        state(&answer)
    }

    pub fn is_on(&self, port: u16) -> bool {
        state(&self.soap(port, "GetBinaryState", ""))
    }

    /// Waits until the device shows it.
    pub fn becomes(&self, port: u16, on: bool) {
        until(&format!("on = {on}"), || (self.is_on(port) == on).then_some(()));
    }
}

pub fn search(target: &str) -> String {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: {target}\r\n\r\n"
    )
}

pub fn soap(action: &str, arguments: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:{action} \
         xmlns:u=\"{BASIC}\">{arguments}</u:{action}></s:Body></s:Envelope>"
    );
    format!(
        "POST /upnp/control/basicevent1 HTTP/1.1\r\nHost: x\r\nSOAPACTION: \"{BASIC}#{action}\"\r\n\
         Content-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub fn state(answer: &str) -> bool {
    match (
        answer.contains("<BinaryState>1</BinaryState>"),
        answer.contains("<BinaryState>0</BinaryState>"),
    ) {
        (true, false) => true,
        (false, true) => false,
        _ => panic!("no state: {answer}"),
    }
}
