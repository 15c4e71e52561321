//! A server that behaves as ntfy does: topics take messages by POST, keep them, and hand them to
//! whoever reads the topic as JSON lines, for as long as they listen.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::patience::until;

#[derive(Clone, Debug)]
pub struct Push {
    pub title: String,
    pub text: String,
    /// As the header says it.
    pub actions: Json,
}

#[derive(Default)]
struct Topics {
    messages: Mutex<BTreeMap<String, Vec<Push>>>,
    came: Condvar,
}

#[derive(Clone)]
pub struct Ntfy {
    port: u16,
    topics: Arc<Topics>,
}

impl Ntfy {
    pub fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let topics = Arc::<Topics>::default();
        let here = topics.clone();
        thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                let topics = here.clone();
                thread::spawn(move || serve(visitor, &topics));
            }
        });
        Ntfy { port, topics }
    }

    pub fn section(&self) -> String {
        format!("[notify]\nurl = \"http://127.0.0.1:{}/closet\"\n", self.port)
    }

    pub fn pushes(&self, topic: &str) -> Vec<Push> {
        self.topics.messages.lock().unwrap().get(topic).cloned().unwrap_or_default()
    }

    /// Waits for so many pushes, and returns the last of them.
    pub fn await_push(&self, count: usize) -> Push {
        until(
            || self.pushes("closet").get(count - 1).cloned(),
            || format!("there are no {count} pushes: {:#?}", self.pushes("closet")),
        )
    }
}

impl Push {
    /// Does what a phone does when its button is pressed.
    pub fn press(&self, label: &str) {
        let buttons = self.actions.as_array().expect("buttons");
        let button = buttons.iter().find(|button| button["label"] == label).expect("the button");
        assert_eq!((&button["action"], &button["method"]), (&json!("http"), &json!("POST")));
        let url = button["url"].as_str().expect("an address");
        let (server, path) = url.strip_prefix("http://").expect("http").split_once('/').expect("/");
        post(server, path, button["body"].as_str().expect("a body"));
    }
}

pub fn post(server: &str, path: &str, body: &str) {
    let mut server = TcpStream::connect(server).expect("a server");
    let length = body.len();
    write!(server, "POST /{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
        .expect("sent");
    let mut answer = String::new();
    BufReader::new(server).read_line(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn serve(mut visitor: TcpStream, topics: &Topics) -> Option<()> {
    let mut lines = BufReader::new(visitor.try_clone().ok()?);
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    match (method.as_str(), path.trim_start_matches('/').split_once("/json?")) {
        ("GET", Some((topic, "since=all"))) => hand_on(visitor, topics, topic),
        ("POST", None) => {
            let length = headers.get("content-length")?.parse().ok()?;
            let mut body = vec![0; length];
            lines.read_exact(&mut body).ok()?;
            let header = |name| headers.get(name).cloned().unwrap_or_default();
            let actions = serde_json::from_str(&header("actions")).unwrap_or_default();
            let text = String::from_utf8(body).ok()?;
            let push = Push { title: header("title"), text, actions };
            let topic = path.trim_start_matches('/').to_owned();
            topics.messages.lock().unwrap().entry(topic).or_default().push(push);
            topics.came.notify_all();
            visitor.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").ok()
        }
        _ => visitor.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").ok(),
    }
}

/// In chunks, each a line, until the listener has gone.
fn hand_on(mut listener: TcpStream, topics: &Topics, topic: &str) -> Option<()> {
    listener.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
    let mut said = 0;
    chunk(&mut listener, &json!({ "event": "open", "topic": topic }))?;
    let mut messages = topics.messages.lock().unwrap();
    loop {
        let new: Vec<_> = messages.get(topic).map_or(&[][..], |all| &all[said..]).to_vec();
        said += new.len();
        drop(messages);
        for push in new {
            chunk(&mut listener, &json!({ "event": "message", "message": push.text }))?;
        }
        chunk(&mut listener, &json!({ "event": "keepalive", "topic": topic }))?;
        messages = topics.messages.lock().unwrap();
        if messages.get(topic).map_or(0, Vec::len) == said {
            messages = topics.came.wait_timeout(messages, Duration::from_secs(1)).unwrap().0;
        }
    }
}

fn chunk(to: &mut TcpStream, line: &Json) -> Option<()> {
    let line = format!("{line}\n");
    write!(to, "{:x}\r\n{line}\r\n", line.len()).ok()
}
