//! HTTP as clients speak it.

use std::{
    io::{Read, Write},
    thread,
};

use super::LAMP;
use crate::{
    client::{Client, soap, state},
    house,
};

fn lamp() -> (crate::Agent, Client, u16) {
    let (agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    (agent, client, port)
}

/// A Set in two parts: its head without the empty line, and its body.
fn set_in_parts() -> (String, String) {
    let whole = String::from_utf8(soap("SetBinaryState", "<BinaryState>1</BinaryState>")).unwrap();
    let (head, body) = whole.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn p44_a_request_may_come_in_pieces_cut_anywhere() {
    let (_agent, client, port) = lamp();
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
fn p45_a_body_may_come_in_chunks() {
    let (_agent, client, port) = lamp();
    let (head, body) = set_in_parts();
    let head: String = head
        .lines()
        .filter(|line| !line.starts_with("Content-Length"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    let (first, rest) = body.split_at(10);
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\na\r\n{first}\r\n{:x};x=1\r\n{rest}\r\n0\r\n\r\n",
        rest.len()
    );
    assert!(state(&client.talk(port, chunked.as_bytes())) && client.is_on(port));
}

#[test]
fn p46_old_versions_heads_whole_addresses_and_expectations_are_understood() {
    let (_agent, client, port) = lamp();
    let old = client.talk(port, b"GET /setup.xml HTTP/1.0\r\n\r\n");
    assert!(old.starts_with("HTTP/1.1 200 OK") && old.ends_with("</root>\n"), "{old}");
    let address = format!("HEAD http://10.77.0.1:{port}/setup.xml HTTP/1.0\r\n\r\n");
    let head = client.talk(port, address.as_bytes());
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("CONTENT-LENGTH: ")).unwrap();
    assert_ne!(length, "0", "as long as a GET's would be");

    let (head, body) = set_in_parts();
    let mut stream = client.connect(port).unwrap();
    stream.write_all(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(state(&answer));
}

#[test]
fn p47_a_connection_is_kept_until_somebody_says_close() {
    let (_agent, client, port) = lamp();
    let kept = "GET /setup.xml HTTP/1.1\r\n\r\n";
    let last = "GET /setup.xml HTTP/1.1\r\nConnection: close\r\n\r\n";
    let answers = client.talk(port, (kept.repeat(3) + last).as_bytes());
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 4, "{answers}");
    assert_eq!(client.talk(port, (last.to_owned() + kept).as_bytes()).matches(" 200 ").count(), 1);
}

#[test]
fn nonsense_and_giant_heads_are_refused_and_it_goes_on() {
    let (_agent, client, port) = lamp();
    assert!(client.talk(port, b"\x16\x03\x01 nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    let giant = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 100_000]].concat();
    let mut stream = client.connect(port).unwrap();
    // It may have hung up already.
    let _ = stream.write_all(&giant);
    let _ = stream.read(&mut [0; 10]);
    assert!(!client.is_on(port));
}
