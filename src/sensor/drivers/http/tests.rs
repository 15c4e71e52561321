use std::net::SocketAddr;

use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{
    hal::Board,
    sensor::{drivers::testing::driver, testing::options},
    tasks,
};

fn hal() -> Hal {
    let board = Board::named("generic-linux").unwrap();
    Hal::real(&board).with_secrets(Arc::new(|secret| match secret.name.as_str() {
        "meter" => Ok("Bearer 123".to_owned()),
        name => Err(format!("the secret `{name}` is nowhere")),
    }))
}

/// A server that answers every request so; what it was asked comes back, too.
async fn serve(answer: &str) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = tokio::sync::mpsc::unbounded_channel();
    let answer = answer.replace("ADDRESS", &address.to_string());
    tasks::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = asked.send(request(&mut stream).await);
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, requests)
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 1024];
    while !text.contains("\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            _ => break,
        }
    }
    text
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn read(address: SocketAddr, options: &str) -> Result<Value, ReadError> {
    let options = format!("url = 'http://{address}/status?key=123'\n{options}");
    let mut driver = driver(&hal(), "http", &options).unwrap();
    tasks::spawn_blocking(move || driver.read()).await.unwrap()
}

async fn error(answer: &str, options: &str) -> ReadError {
    let (address, _requests) = serve(answer).await;
    let error = read(address, options).await.unwrap_err();
    assert!(!error.to_string().contains("key=123"), "{error}");
    error
}

#[tokio::test]
async fn reads_a_shelly_with_a_secret_in_a_header() {
    let (address, mut requests) =
        serve(&ok(r#"{"meters": [{"power": 42.5, "is_valid": true}]}"#)).await;
    let header = "headers = { Authorization = { secret = 'meter' }, X-Room = 'closet' }";
    let power = read(address, &format!("pointer = '/meters/0/power'\n{header}")).await;
    assert_eq!(power, Ok(Value::Number(42.5)));
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("GET /status?key=123 "), "{request}");
    assert!(request.contains("authorization: Bearer 123") && request.contains("x-room: closet"));
    let valid = read(address, "pointer = '/meters/0/is_valid'").await;
    assert_eq!(valid, Ok(Value::Switch(true)));
}

#[tokio::test]
async fn a_bare_number_needs_no_pointer() {
    let (address, _requests) = serve(&ok(" 21.5\n")).await;
    assert_eq!(read(address, "user = 'a'").await, Ok(Value::Number(21.5)));
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_only_so_long() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = read(listener.local_addr().unwrap(), "timeout = '100ms'").await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("within 100ms"), "{error}");
}

#[tokio::test]
async fn a_server_that_lies_gives_no_value() {
    for (answer, options, part) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\n4", "", ""),
        (&ok("<html>"), "", "no JSON"),
        (&ok("{\"power\": null}"), "pointer = '/power'", "is no number"),
        (&ok("{}"), "pointer = '/power'", "nothing at `/power`"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "", ""),
    ] {
        let error = error(answer, options).await;
        assert!(error.is_transient() && error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn refusals_say_what_to_check() {
    for (status, part, is_transient) in [
        ("401 Unauthorized", "`password`", false),
        ("404 Not Found", "check `url`", false),
        ("503 Service Unavailable", "503", true),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let error = error(&answer, "").await;
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.is_transient(), is_transient, "{error}");
    }
}

#[tokio::test]
async fn redirects_stay_at_the_host_and_end() {
    let to = |place: &str| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    };
    let (other, mut stolen) = serve(&ok("1")).await;
    let error_elsewhere =
        error(&to(&format!("http://{other}/")), "headers = { X = { secret = 'meter' } }").await;
    assert!(error_elsewhere.to_string().contains("another host"), "{error_elsewhere}");
    assert!(stolen.try_recv().is_err(), "the secret has left the host");
    let endless = error(&to("http://ADDRESS/again"), "").await;
    assert!(endless.to_string().contains("without end"), "{endless}");
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tasks::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n").await;
        let mut sent = 0;
        while sent < 104_857_600 && stream.write_all(&[b' '; 65_536]).await.is_ok() {
            sent += 65_536;
        }
        sent
    });
    let error = read(address, "").await.unwrap_err();
    assert!(error.to_string().contains("larger than 1 MB"), "{error}");
    assert!(server.await.unwrap() < 50_000_000, "the connection stayed open");
}

#[test]
fn mistakes_are_told_before_anything_is_asked() {
    for (text, part) in [
        ("url = 'ftp://x/'", "http://"),
        ("url = 'http://a:b@x/'", "`password = { secret"),
        ("url = 'http://x/'\npointer = 'power'", "`/power`"),
        ("url = 'http://x/'\npassword = { secret = 'a' }", "needs a `user`"),
        ("url = 'http://x/'\ntimeout = '1h'", "at most 5m"),
        ("url = 'http://x/'\nheaders = { 'a b' = 'c' }", "no name of a header"),
        ("url = 'http://x/'\nheaders = { Authorization = 'a' }", "a secret stands in the file"),
    ] {
        let error = driver(&hal(), "http", text).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(part)), "{text}: {error:?}");
    }
}

#[test]
fn a_missing_secret_is_told_and_nothing_is_sent() {
    let text = "url = 'http://127.0.0.1:9/'\nuser = 'a'\npassword = { secret = 'none' }";
    let error = driver(&hal(), "http", text).unwrap().read().unwrap_err();
    assert!(error.to_string().contains("`none` is nowhere"), "{error}");
}

proptest! {
    #[test]
    fn no_options_panic(url in "\\PC*", pointer in "\\PC*") {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let text = format!("url = {}\npointer = {}", quoted(&url), quoted(&pointer));
        if toml::from_str::<toml::Table>(&text).is_ok() {
            let _ = options(&text);
            let _ = driver(&hal(), "http", &text);
        }
    }
}
