//! Somebody outside hears the agent's heart.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use super::agent::Site;

#[test]
fn the_heart_beats_over_http() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let site = Site::new(&format!(
        "[heartbeat]\nurl = \"http://127.0.0.1:{port}/ping/abc\"\nevery = \"10s\"\n"
    ));
    let _agent = site.start();
    for _ in 0..2 {
        let (mut visitor, _) = listener.accept().expect("a visitor");
        let mut request = [0; 512];
        let length = visitor.read(&mut request).expect("a request");
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        assert!(request.starts_with("GET /ping/abc HTTP/1.1\r\n"), "{request}");
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK";
        visitor.write_all(answer).expect("an answer");
    }
}
