//! Subscriptions: who is told what, and that a dead subscriber holds up nobody.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use crate::{agent::Agent, client::Client, house, lamps};

/// A client that hears events, and the ports of some lamps.
struct Hearing {
    agent: Agent,
    client: Client,
    hears: TcpListener,
    ports: Vec<u16>,
}

impl Hearing {
    fn of(count: usize) -> Self {
        let (agent, client) = house(&lamps(count));
        let ports = (0..count).map(|n| client.port_of(&format!("lamp {n}"))).collect();
        let hears = TcpListener::bind("10.77.0.2:0").unwrap();
        Hearing { agent, client, hears, ports }
    }

    fn ask(&self, lamp: usize, method: &str, headers: &str) -> String {
        let text = format!(
            "{method} /upnp/event/basicevent1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             {headers}\r\n"
        );
        self.client.talk(self.ports[lamp], text.as_bytes())
    }

    fn subscribe_for(&self, lamp: usize, callback: &str) -> String {
        let headers =
            format!("CALLBACK: <{callback}>\r\nNT: upnp:event\r\nTIMEOUT: Second-300\r\n");
        let answer = self.ask(lamp, "SUBSCRIBE", &headers);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("TIMEOUT: Second-300\r\n"), "{answer}");
        let sid = answer.lines().find_map(|line| line.strip_prefix("SID: "));
        sid.unwrap_or_else(|| panic!("no SID: {answer}")).to_owned()
    }

    fn callback(&self) -> String {
        format!("http://{}/lamp?x=1", self.hears.local_addr().unwrap())
    }

    /// Subscribes, and takes the first event.
    fn subscribe(&self, lamp: usize) -> String {
        let sid = self.subscribe_for(lamp, &self.callback());
        let first = self.event();
        assert!(first.contains(&sid), "{first}");
        sid
    }

    /// The next event: its head and its body.
    fn event(&self) -> String {
        let (mut stream, _) = self.hears.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        let mut text = String::new();
        let mut piece = [0; 1024];
        while !text.contains("</e:propertyset>") {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "cut off: {text}");
            text.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        text
    }

    fn set(&self, lamp: usize, on: bool) {
        self.client.set(self.ports[lamp], on);
    }
}

#[test]
fn p49_a_subscription_has_a_name_and_a_time() {
    let hearing = Hearing::of(1);
    let sid = hearing.subscribe(0);
    assert!(sid.starts_with("uuid:"), "{sid}");
}

#[test]
fn p50_the_state_is_told_at_once() {
    let hearing = Hearing::of(1);
    let sid = hearing.subscribe_for(0, &hearing.callback());
    let first = hearing.event();
    assert!(first.starts_with("NOTIFY /lamp?x=1 HTTP/1.1\r\n"), "{first}");
    for part in [&*format!("SID: {sid}\r\n"), "SEQ: 0\r\n", "NTS: upnp:propchange\r\n"] {
        assert!(first.contains(part), "{first}");
    }
    assert!(first.contains("<BinaryState>0</BinaryState>"), "{first}");
}

#[test]
fn p51_every_change_is_told_in_order_and_at_once_whoever_made_it() {
    let hearing = Hearing::of(1);
    let sid = hearing.subscribe(0);
    let mut took = Vec::new();
    for number in 1..=20 {
        let (began, on) = (Instant::now(), number % 2 == 1);
        hearing.set(0, on);
        let told = hearing.event();
        took.push(began.elapsed());
        assert!(told.contains(&format!("SEQ: {number}\r\n")) && told.contains(&sid), "{told}");
        assert!(told.contains(&format!("<BinaryState>{}</BinaryState>", u8::from(on))), "{told}");
    }
    took.sort();
    // The machine's other work makes some of them longer.
    assert!(took[took.len() / 2] <= Duration::from_millis(50), "{took:?}");
    let fired = hearing.agent.command(&["fire", "lamp 0"]);
    assert!(hearing.event().contains("<BinaryState>1</BinaryState>"), "{fired}");
}

#[test]
fn p52_a_subscription_is_renewed_by_its_name_and_by_no_other() {
    let hearing = Hearing::of(2);
    let (sid, other) = (hearing.subscribe(0), hearing.subscribe(1));
    let renewed = hearing.ask(0, "SUBSCRIBE", &format!("SID: {sid}\r\nTIMEOUT: Second-300\r\n"));
    assert!(renewed.starts_with("HTTP/1.1 200") && renewed.contains(&sid), "{renewed}");
    for unknown in ["SID: uuid:nobody\r\n", &format!("SID: {other}\r\n"), "NT: upnp:event\r\n"] {
        let answer = hearing.ask(0, "SUBSCRIBE", unknown);
        assert!(answer.starts_with("HTTP/1.1 412"), "{unknown}: {answer}");
    }
}

#[test]
fn p53_who_unsubscribes_is_told_nothing_more() {
    let hearing = Hearing::of(2);
    let (sid, other) = (hearing.subscribe(0), hearing.subscribe(1));
    let header = format!("SID: {sid}\r\n");
    assert!(hearing.ask(0, "UNSUBSCRIBE", &header).starts_with("HTTP/1.1 200"));
    assert!(hearing.ask(0, "UNSUBSCRIBE", &header).starts_with("HTTP/1.1 412"));
    hearing.set(0, true);
    hearing.set(1, true);
    assert!(hearing.event().contains(&other));
}

#[test]
fn p54_many_devices_tell_one_address() {
    let hearing = Hearing::of(20);
    let names: Vec<String> = (0..20).map(|lamp| hearing.subscribe(lamp)).collect();
    for (lamp, sid) in names.iter().enumerate() {
        hearing.set(lamp, true);
        assert!(hearing.event().contains(sid));
    }
}

#[test]
fn p55_a_dead_subscriber_holds_up_nobody_and_strangers_are_not_called() {
    let hearing = Hearing::of(1);
    // Nobody answers at an address of the subnet that nobody has.
    hearing.subscribe_for(0, "http://10.77.0.99:8989/dead");
    hearing.subscribe(0);
    for on in [true, false, true] {
        let began = Instant::now();
        hearing.set(0, on);
        hearing.event();
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    let stranger = "CALLBACK: <http://192.0.2.7/>\r\nNT: upnp:event\r\n";
    assert!(hearing.ask(0, "SUBSCRIBE", stranger).starts_with("HTTP/1.1 412"));
}
