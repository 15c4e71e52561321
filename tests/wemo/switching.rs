//! Get and Set, however they come in; and that nobody waits for a script.

use std::{
    io::{Read, Write},
    thread,
    time::{Duration, Instant},
};

use super::{
    PLEX,
    agent::until,
    client::{Client, soap, state},
    house,
};

const LAMP: &str = "wemo(\"lamp\", #{ on: || (), off: || () });";

#[test]
fn p36_to_p43_a_switch_is_read_and_switched() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    assert!(!client.is_on(port), "before the first command");
    let with_state = client.soap(port, "GetBinaryState", "<BinaryState>1</BinaryState>");
    assert!(!state(&with_state), "Get never switches");
    assert!(client.set(port, true) && client.is_on(port));
    let long = client.soap(
        port,
        "SetBinaryState",
        "<BinaryState> 0|1492338954|0 </BinaryState><Duration>7</Duration>",
    );
    assert!(!state(&long) && !client.is_on(port));
    for (action, arguments) in [
        ("SetBinaryState", "<BinaryState>7</BinaryState>"),
        ("Explode", ""),
        ("SetBinaryState", "<Bin"),
    ] {
        let fault = client.soap(port, action, arguments);
        assert!(fault.starts_with("HTTP/1.1 500") && fault.contains("<errorCode>40"), "{fault}");
    }
}

#[test]
fn p44_a_request_may_come_in_pieces_cut_anywhere() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let request = soap("SetBinaryState", "<BinaryState>1</BinaryState>");
    for cut in 0..request.len() {
        let mut stream = client.connect(port).unwrap();
        stream.write_all(&request[..cut]).unwrap();
        thread::yield_now();
        stream.write_all(&request[cut..]).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(state(&answer), "cut at {cut}");
    }
}

#[test]
fn p45_to_p47_all_of_http_is_understood() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let whole = String::from_utf8(soap("GetBinaryState", "")).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    let chunked: String = head
        .lines()
        .filter(|line| !line.starts_with("Content-Length"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let chunked = format!(
        "{chunked}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x};x\r\n{}\r\n0\r\n\r\n",
        10,
        &body[..10],
        body.len() - 10,
        &body[10..]
    );
    assert!(!state(&client.talk(port, chunked.as_bytes())));
    let expecting = format!("{head}\r\nExpect: 100-continue\r\n\r\n");
    let mut stream = client.connect(port).unwrap();
    stream.write_all(expecting.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(!state(&answer));
    let head = client.talk(port, b"HEAD http://10.77.0.1:49152/setup.xml HTTP/1.0\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    let pipelined = "GET /setup.xml HTTP/1.1\r\n\r\n".repeat(3)
        + "GET /setup.xml HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert_eq!(client.talk(port, pipelined.as_bytes()).matches("HTTP/1.1 200 OK").count(), 4);
    assert!(client.talk(port, b"\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    let giant = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 100_000]].concat();
    let mut stream = client.connect(port).unwrap();
    // It may have hung up already.
    let _ = stream.write_all(&giant);
    let _ = stream.read(&mut [0; 10]);
    assert!(!client.is_on(port), "and it goes on");
}

#[test]
fn p48_a_slow_script_and_slow_clients_delay_nobody() {
    let slow = "wemo(\"slow\", #{ on: || { let x = 0; loop { x += 1; } }, off: || () });";
    let (agent, client) = house(slow);
    agent.write_script("lamp", LAMP);
    let (slow, lamp) = (client.port_of("slow"), client.port_of("lamp"));
    let idle: Vec<_> = (0..50).filter_map(|_| client.connect(lamp)).collect();
    for stream in &idle {
        (&*stream).write_all(b"POST /upnp/control/basicevent1 HTTP/1.1\r\nContent-Le").unwrap();
    }
    let began = Instant::now();
    assert!(client.set(slow, true) && client.is_on(slow));
    assert!(client.set(lamp, true) && client.is_on(lamp));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    client.becomes(slow, false);
    assert!(client.is_on(lamp), "the limit ended the loop, and the truth came out");
}

#[test]
fn what_voice_may_not_do_falls_back() {
    let script = "for name in [\"iron\", \"nas\"] { wemo(name, #{ on: start(hosts(name)), off: stop(hosts(name)) }); }";
    let (agent, client) = house(script);
    let (iron, nas) = (client.port_of("iron"), client.port_of("nas"));
    for port in [iron, nas] {
        client.becomes(port, true);
        assert!(!client.set(port, false));
    }
    client.becomes(iron, true);
    agent.says("not by voice: `stop` of iron needs `voice = true`");
    thread::sleep(Duration::from_secs(1));
    assert!(!client.is_on(nas));
}

#[test]
fn the_whole_flow_a_voice_starts_a_host_and_the_truth_is_shown() {
    let script = format!("{PLEX}\nwatch(\"behind\", every(\"1h\"), stop(hosts(\"plex\")));");
    let (_agent, client) = house(&script);
    let port = client.port_of("plex power");
    is_started(&client, port);
    assert!(!client.set(port, false));
    until("off", || (!client.is_on(port)).then_some(()));
}

fn is_started(client: &Client, port: u16) {
    assert!(client.set(port, true));
    thread::sleep(Duration::from_secs(3));
    assert!(client.is_on(port), "while it starts it stays on");
}
