//! One TCP connection to a device, request after request.

use std::{io, net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

use super::{
    answers,
    house::{Device, House},
    http::{self, Parsed, Refused, Request},
};

/// From a request's first byte to its last.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// A kept connection on which nothing is asked.
const IDLE: Duration = Duration::from_secs(60);
/// An answer that nobody takes.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Serves a client until it goes, is too slow, or talks nonsense.
pub async fn serve(mut stream: TcpStream, from: Ipv4Addr, house: &House, device: &Device) {
    if let Err(error) = talk(&mut stream, from, house, device).await {
        tracing::debug!("{from} and {}: {error}", device.name);
    }
}

async fn talk(
    stream: &mut TcpStream,
    from: Ipv4Addr,
    house: &House,
    device: &Device,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    loop {
        let request = match next_request(stream, &mut bytes).await? {
            Next::Request(request) => request,
            Next::Gone => return Ok(()),
            Next::Nonsense(refused) => {
                house.note(from, format!("{}: {refused}", device.name), Some("closed"));
                let response = http::Response::empty(refused.status());
                send(stream, &response.to_bytes(false, false, house.clock.now())).await?;
                return hang_up(stream).await;
            }
        };
        let answer = answers::answer(house, device, from, &request);
        let head_only = request.method == "HEAD";
        let bytes = answer.response.to_bytes(head_only, request.keeps, house.clock.now());
        send(stream, &bytes).await?;
        if let Some((events, shown)) = answer.then {
            events.put(shown);
        }
        if !request.keeps {
            return hang_up(stream).await;
        }
    }
}

enum Next {
    Request(Request),
    Gone,
    Nonsense(Refused),
}

async fn next_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Next> {
    let mut until = if bytes.is_empty() { None } else { Some(Instant::now() + REQUEST_WITHIN) };
    let mut told_to_go_on = false;
    loop {
        match http::read(bytes) {
            Ok(Parsed::Whole(request, length)) => {
                bytes.drain(..length);
                return Ok(Next::Request(request));
            }
            Ok(Parsed::Incomplete { expects: true }) if !told_to_go_on => {
                told_to_go_on = true;
                send(stream, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            }
            Ok(Parsed::Incomplete { .. }) => {}
            Err(refused) => return Ok(Next::Nonsense(refused)),
        }
        let deadline = until.unwrap_or_else(|| Instant::now() + IDLE);
        let mut piece = [0; 2048];
        match timeout_at(deadline, stream.read(&mut piece)).await {
            Ok(Ok(0)) | Err(_) => return Ok(Next::Gone),
            Ok(read) => bytes.extend_from_slice(&piece[..read?]),
        }
        until.get_or_insert_with(|| Instant::now() + REQUEST_WITHIN);
    }
}

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    match timeout(ANSWER_WITHIN, stream.write_all(bytes)).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Waits a moment for the client to take the answer: closing with bytes unread would cut it off.
async fn hang_up(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 2048];
    let draining = async {
        for _ in 0..64 {
            if stream.read(&mut rest).await.is_ok_and(|read| read > 0) {
                continue;
            }
            break;
        }
    };
    // A client that neither listens nor goes is left.
    let _ = timeout(Duration::from_millis(500), draining).await;
    Ok(())
}
