//! Servers that are no libvirt, or a broken one: each a clear word, and the agent goes on.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use watchpost::{
    host::libvirt::{
        Error,
        rpc::{
            frame::{self, Frame, Kind, Parsed, Status},
            procedure,
            xdr::Encoder,
        },
    },
    plan::Power,
};

use crate::{agent::Site, connect};

/// A server that treats each connection so; its port.
fn serve(treat: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            treat(stream);
        }
    });
    port
}

/// The next call on a connection; `None` at its end.
fn next_call(stream: &mut TcpStream) -> Option<Frame> {
    let mut bytes = Vec::new();
    loop {
        match frame::read(&bytes).expect("a frame") {
            Parsed::Whole(frame, length) => {
                assert_eq!(length, bytes.len(), "one call at a time");
                return Some(frame);
            }
            Parsed::Incomplete => {
                let mut byte = [0];
                stream.read_exact(&mut byte).ok()?;
                bytes.push(byte[0]);
            }
        }
    }
}

fn reply(call: &Frame, status: Status, payload: Encoder) -> Vec<u8> {
    let kind = Kind::Reply;
    Frame { kind, status, payload: payload.into_bytes(), ..call.clone() }.into_bytes()
}

/// What a server says to a call; nothing hangs up.
type Answer = Box<dyn Fn(&Frame) -> Vec<u8> + Send + Sync>;

/// A server that greets as libvirt does and answers everything else as it is told.
fn greeting(answer: impl Fn(&Frame) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    serve(move |mut stream| {
        while let Some(call) = next_call(&mut stream) {
            let nothing = Encoder::default();
            let bytes = match call.procedure {
                procedure::AUTH_LIST => reply(&call, Status::Ok, nothing.unsigned(1).unsigned(0)),
                procedure::CONNECT_OPEN => reply(&call, Status::Ok, nothing),
                procedure::CONNECT_SUPPORTS_FEATURE => {
                    reply(&call, Status::Ok, nothing.unsigned(1))
                }
                _ => answer(&call),
            };
            if bytes.is_empty() || stream.write_all(&bytes).is_err() {
                return;
            }
        }
    })
}

async fn told(port: u16) -> String {
    let outcome = match connect(&format!("test+tcp://127.0.0.1:{port}/default")).await {
        Ok(connection) => connection.domains().await.map(drop),
        Err(error) => Err(error),
    };
    outcome.expect_err("that is no libvirt").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_libvirt_is_told_as_such() {
    let say = |bytes: &'static [u8]| {
        serve(move |mut stream| {
            let _ = next_call(&mut stream);
            let _ = stream.write_all(bytes);
        })
    };
    let giant = 33_554_437_u32.to_be_bytes();
    let mut said = Vec::new();
    for (what, port) in [
        ("closes at once", serve(drop)),
        ("speaks HTTP", say(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        ("speaks SSH", say(b"SSH-2.0-OpenSSH_9.2\r\n.......................")),
        ("a length of 3", say(b"\0\0\0\x03")),
        ("a giant length", say(Vec::leak(giant.to_vec()))),
        ("half a packet", say(b"\0\0\0\x20\x20\0\x80\x86\0\0\0\x01")),
    ] {
        said.push(format!("{what}: {}", told(port).await));
    }
    let sasl = serve(|mut stream| {
        if let Some(call) = next_call(&mut stream) {
            let sasl = Encoder::default().unsigned(1).unsigned(1);
            let _ = stream.write_all(&reply(&call, Status::Ok, sasl));
        }
    });
    said.push(format!("SASL: {}", told(sasl).await));
    let polkit = serve(|mut stream| {
        while let Some(call) = next_call(&mut stream) {
            let bytes = match call.procedure {
                procedure::AUTH_LIST => {
                    reply(&call, Status::Ok, Encoder::default().unsigned(1).unsigned(2))
                }
                _ => {
                    let message = "authentication unavailable: no polkit agent available to \
                                   authenticate action 'org.libvirt.unix.manage'";
                    let error = Encoder::default().int(94).int(7).optional_string(Some(message));
                    reply(&call, Status::Error, error)
                }
            };
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    });
    said.push(format!("polkit: {}", told(polkit).await));
    let ok = |call: &Frame, payload| reply(call, Status::Ok, payload);
    let cases: [(&str, Answer); 7] = [
        ("hangs up", Box::new(|_| Vec::new())),
        (
            "another procedure",
            Box::new(move |call| {
                ok(&Frame { procedure: 4711, ..call.clone() }, Encoder::default())
            }),
        ),
        (
            "another serial",
            Box::new(move |call| ok(&Frame { serial: 99, ..call.clone() }, Encoder::default())),
        ),
        (
            "another program",
            Box::new(move |call| ok(&Frame { program: 7, ..call.clone() }, Encoder::default())),
        ),
        ("an endless list", Box::new(move |call| ok(call, Encoder::default().unsigned(9999)))),
        ("too long a list", Box::new(move |call| ok(call, Encoder::default().unsigned(99_999)))),
        (
            "an error without a word",
            Box::new(|call| {
                let error = Encoder::default().int(1).int(0).optional_string(None);
                reply(call, Status::Error, error)
            }),
        ),
    ];
    for (what, answer) in cases {
        said.push(format!("{what}: {}", told(greeting(answer)).await));
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_event_is_passed_over_and_a_late_answer_too() {
    let port = greeting(|call| {
        let event = Frame { kind: Kind::Message, serial: 0, procedure: 9999, ..call.clone() };
        let late = reply(&Frame { serial: 1, ..call.clone() }, Status::Ok, Encoder::default());
        let list = reply(call, Status::Ok, Encoder::default().unsigned(0).unsigned(0));
        [event.into_bytes(), Frame::keepalive(procedure::PING).into_bytes(), late, list].concat()
    });
    let uri = format!("test+tcp://127.0.0.1:{port}/default");
    let connection = connect(&uri).await.expect("a connection");
    assert_eq!(connection.domains().await, Ok(Vec::new()));
    assert!(!connection.has_ended());
}

/// A server that says nothing at all holds nobody up: other hosts are looked at meanwhile.
#[test]
fn the_agent_goes_on_beside_a_silent_server() {
    let silent = serve(|mut stream| {
        thread::spawn(move || {
            let _ = stream.read_to_end(&mut Vec::new());
        });
    });
    let site = Site::new(&format!(
        "[hosts.mute]\nkind = \"libvirt\"\nuri = \"test+tcp://127.0.0.1:{silent}/default\"\n\
         [hosts.pi]\nkind = \"self\"\n"
    ));
    site.script(
        "look",
        "watch(\"look\", cron(\"0 0 1 1 *\"), || { print(`pi: ${is_up(hosts(\"pi\"))}`); });\n\
         watch(\"mute\", cron(\"0 0 1 1 *\"), start(hosts(\"mute\")));",
    );
    let agent = site.start();
    agent.await_loaded();
    let began = Instant::now();
    agent.fire("look");
    agent.await_note("pi: true");
    assert!(began.elapsed() < Duration::from_secs(10), "it waited for the silent one");
    let row = agent.fire("mute")["report"]["rows"][0].clone();
    let error = row["error"].as_str().expect("an error");
    assert!(error.contains("no answer to authentication within 10 s"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let port = crate::sshd::free_port();
    let error = connect(&format!("test+tcp://127.0.0.1:{port}/default")).await.map(drop);
    let Err(Error::NoWay(failure)) = error else { panic!("{error:?}") };
    assert!(failure.message.contains(&format!("127.0.0.1 port {port}")), "{}", failure.message);
    assert!(failure.is_transient());
    assert_ne!(Ok(Power::Up), Err(failure));
}
