//! Subscriptions: who is told what, and that a dead subscriber holds up nobody.

use std::{
    io::{Read, Write},
    net::TcpListener,
    time::{Duration, Instant},
};

use super::{client::Client, house};

const LAMPS: &str = "for n in 0..3 { wemo(`lamp ${n}`, #{ on: || (), off: || () }); }";

/// The next event: its head and its body.
fn event(hears: &TcpListener) -> String {
    let (mut stream, _) = hears.accept().unwrap();
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

fn ask(client: &Client, port: u16, method: &str, headers: &str) -> String {
    let text = format!(
        "{method} /upnp/event/basicevent1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
    );
    client.talk(port, text.as_bytes())
}

fn subscribe(client: &Client, port: u16, callback: &str) -> String {
    let headers = format!("CALLBACK: <{callback}>\r\nNT: upnp:event\r\nTIMEOUT: Second-300\r\n");
    let answer = ask(client, port, "SUBSCRIBE", &headers);
    assert!(answer.contains("TIMEOUT: Second-300\r\n"), "{answer}");
    let sid = answer.lines().find_map(|line| line.strip_prefix("SID: "));
    sid.unwrap_or_else(|| panic!("no SID: {answer}")).to_owned()
}

#[test]
fn p49_to_p54_subscribers_are_told_every_change_of_their_device() {
    let (_agent, client) = house(LAMPS);
    let ports: Vec<u16> = (0..3).map(|n| client.port_of(&format!("lamp {n}"))).collect();
    let hears = TcpListener::bind("10.77.0.2:0").unwrap();
    let callback = format!("http://{}/lamp?x=1", hears.local_addr().unwrap());
    let sid = subscribe(&client, ports[0], &callback);
    let first = event(&hears);
    assert!(
        first.starts_with("NOTIFY /lamp?x=1 HTTP/1.1\r\n")
            && first.contains(&format!("SID: {sid}\r\n")),
        "{first}"
    );
    assert!(first.contains("SEQ: 0\r\n") && first.contains("NTS: upnp:propchange\r\n"));
    assert!(first.contains("<BinaryState>0</BinaryState>"), "{first}");
    let other = subscribe(&client, ports[1], &callback);
    assert!(event(&hears).contains(&format!("SID: {other}\r\n")));

    for (number, on) in [(1, true), (2, false), (3, true)] {
        client.set(ports[0], on);
        let began = Instant::now();
        let told = event(&hears);
        assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
        assert!(told.contains(&format!("SEQ: {number}\r\n")) && told.contains(&sid), "{told}");
        assert!(told.contains(&format!("<BinaryState>{}</BinaryState>", u8::from(on))), "{told}");
    }
    let renewed =
        ask(&client, ports[0], "SUBSCRIBE", &format!("SID: {sid}\r\nTIMEOUT: Second-300\r\n"));
    assert!(renewed.starts_with("HTTP/1.1 200") && renewed.contains(&sid));
    for unknown in ["SID: uuid:nobody\r\n", &format!("SID: {other}\r\n"), "NT: upnp:event\r\n"] {
        assert!(
            ask(&client, ports[0], "SUBSCRIBE", unknown).starts_with("HTTP/1.1 412"),
            "{unknown}"
        );
    }
    let gone = ask(&client, ports[0], "UNSUBSCRIBE", &format!("SID: {sid}\r\n"));
    assert!(gone.starts_with("HTTP/1.1 200"), "{gone}");
    assert!(
        ask(&client, ports[0], "UNSUBSCRIBE", &format!("SID: {sid}\r\n"))
            .starts_with("HTTP/1.1 412")
    );
    client.set(ports[0], false);
    client.set(ports[1], true);
    assert!(event(&hears).contains(&other), "the first has been told nothing more");
}

#[test]
fn p55_a_dead_subscriber_holds_up_nobody_and_strangers_are_not_called() {
    let (_agent, client) = house(LAMPS);
    let port = client.port_of("lamp 0");
    // Nobody answers at an address of the subnet that nobody has.
    subscribe(&client, port, "http://10.77.0.99:8989/dead");
    let hears = TcpListener::bind("10.77.0.2:0").unwrap();
    subscribe(&client, port, &format!("http://{}/", hears.local_addr().unwrap()));
    event(&hears);
    for on in [true, false, true] {
        let began = Instant::now();
        client.set(port, on);
        event(&hears);
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    let stranger = "CALLBACK: <http://192.0.2.7/>\r\nNT: upnp:event\r\n";
    assert!(ask(&client, port, "SUBSCRIBE", stranger).starts_with("HTTP/1.1 412"));
}
