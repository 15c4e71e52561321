//! A scan by plain TCP connections: no root is needed, and nothing is sent over them.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::stream::{self, StreamExt};
use nix::sys::resource::{Resource, getrlimit};
use socket2::SockRef;
use tokio::{
    net::TcpStream,
    sync::Mutex,
    time::{Instant, sleep_until, timeout},
};

use super::{PortSet, PortState, ScanPace};

/// Connections that are open at a time, at most.
const AT_A_TIME: usize = 1024;
/// Files that the rest of the agent may need.
const SPARE_FILES: nix::libc::rlim_t = 128;

/// Lets so many begin in a second, however many scans there are; clones share the pace.
#[derive(Clone, Debug, Default)]
pub struct Pacer(Arc<Mutex<Option<Instant>>>);

/// Connections begin in bundles, because timers are no finer than a millisecond.
const BUNDLE: Duration = Duration::from_millis(5);

impl Pacer {
    /// Waits until one more may begin.
    pub async fn wait(&self, rate: u32) {
        let step = Duration::from_secs(1) / rate.max(1);
        let turn = {
            let mut next = self.0.lock().await;
            let now = Instant::now();
            let turn = next.filter(|next| *next > now).unwrap_or(now);
            *next = Some(turn + step);
            turn
        };
        if turn > Instant::now() + BUNDLE {
            sleep_until(turn).await;
        }
    }
}

/// Asks every port once; in no order.
///
/// # Errors
/// When this board has no way to the address, or no files to open.
pub async fn look(
    address: IpAddr,
    ports: &PortSet,
    pace: ScanPace,
    pacer: &Pacer,
) -> io::Result<Vec<(u16, PortState)>> {
    let mut found = Vec::with_capacity(ports.len());
    let asked = stream::iter(ports.iter()).map(|port| async move {
        pacer.wait(pace.rate).await;
        ask(SocketAddr::new(address, port), pace.patience).await.map(|state| (port, state))
    });
    let mut asked = std::pin::pin!(asked.buffer_unordered(at_a_time()));
    while let Some(answer) = asked.next().await {
        found.push(answer?);
    }
    Ok(found)
}

/// No more than half of the files that this process may have open.
fn at_a_time() -> usize {
    let (most, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
    let half = most.saturating_sub(SPARE_FILES) / 2;
    usize::try_from(half).unwrap_or(AT_A_TIME).clamp(16, AT_A_TIME)
}

async fn ask(to: SocketAddr, patience: Duration) -> io::Result<PortState> {
    let stream = match timeout(patience, TcpStream::connect(to)).await {
        Err(_) => return Ok(PortState::Filtered),
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return match error.kind() {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                    Ok(PortState::Closed)
                }
                // A router says so, or the address itself has gone.
                io::ErrorKind::HostUnreachable
                | io::ErrorKind::PermissionDenied
                | io::ErrorKind::TimedOut => Ok(PortState::Filtered),
                _ => Err(error),
            };
        }
    };
    // A closed port of this very machine may be met by the connection's own other end.
    if stream.local_addr().ok() == stream.peer_addr().ok() {
        return Ok(PortState::Closed);
    }
    // Neither side keeps anything of it.
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    Ok(PortState::Open)
}
