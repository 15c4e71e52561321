//! The running agent's end of the socket.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use nix::unistd::{Gid, Uid};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    bind::{BindError, open},
    peer::may_ask,
    protocol::{MAX_REQUEST, Request, read_request},
    sink::FrameSink,
};
use crate::tasks::{self, Tasks};

/// Answers at a time; more than a person at a terminal and a few scripts never need.
const MAX_CONNECTIONS: usize = 32;
/// Longest time until the request is there, and until a frame is taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// After an accept that failed (no file descriptors left), until the next try.
const AFTER_FAILED_ACCEPT: Duration = Duration::from_millis(200);

/// Whoever knows the answers.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Answers one request. A caller that has hung up is no reason to leave things half done.
    async fn answer(&self, request: Request, out: &mut FrameSink);
}

/// The open socket. It is removed when this is dropped.
pub struct Server {
    listener: UnixListener,
    path: PathBuf,
    group: Gid,
    patience: Duration,
}

impl Server {
    /// Opens the socket for its user and group; a stale one, on which nobody answers, is replaced.
    ///
    /// # Errors
    /// When another agent answers on it, or it cannot be opened.
    pub async fn bind(path: &Path) -> Result<Self, BindError> {
        let failed = |error| BindError::Io { path: path.to_owned(), error };
        let wanted = path.to_owned();
        let (listener, group) = tasks::spawn_blocking(move || open(&wanted))
            .await
            .map_err(|panic| failed(io::Error::other(panic)))??;
        let listener = UnixListener::from_std(listener).map_err(failed)?;
        Ok(Server { listener, path: path.to_owned(), group, patience: PATIENCE })
    }

    /// How long a caller may take for its request, and for each frame of the answer.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Answers until `shutdown` is ready, then lets the answers under way end.
    pub async fn serve(self, desk: Arc<dyn Desk>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut answers = Tasks::default();
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = answers.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!("an answer on the control socket broke off: {error}");
                    }
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let place = places.clone().try_acquire_owned().ok();
                    answers.spawn(attend(stream, place, self.group, self.patience, desk.clone()));
                }
                Err(error) => {
                    tracing::warn!("the control socket could not take a call: {error}");
                    tokio::time::sleep(AFTER_FAILED_ACCEPT).await;
                }
            }
        }
        // A new agent may open the socket while the last answers end.
        drop(self);
        while answers.join_next().await.is_some() {}
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("cannot remove the control socket {}: {error}", self.path.display());
        }
    }
}

/// One connection, from its request to the end of its answer.
async fn attend(
    stream: UnixStream,
    place: Option<OwnedSemaphorePermit>,
    group: Gid,
    patience: Duration,
    desk: Arc<dyn Desk>,
) {
    let allowed = is_allowed(&stream, group).await;
    let (reader, writer) = stream.into_split();
    let mut out = FrameSink::new(writer, patience);
    let refusal = if !allowed {
        Err("only the agent's own user and group may ask it: run this as that user".to_owned())
    } else if place.is_none() {
        Err("the agent is answering too many others: try again in a moment".to_owned())
    } else {
        receive(reader, patience).await
    };
    // A caller that has hung up misses its answer; that is its own affair.
    let _told = match refusal {
        Ok(Some(request)) => {
            desk.answer(request, &mut out).await;
            Ok(())
        }
        Ok(None) => return,
        Err(message) => out.error(message).await,
    };
    let _told = out.end().await;
}

async fn is_allowed(stream: &UnixStream, group: Gid) -> bool {
    let Ok(peer) = stream.peer_cred() else { return false };
    let (user, primary) = (Uid::from_raw(peer.uid()), Gid::from_raw(peer.gid()));
    tasks::spawn_blocking(move || may_ask(user, primary, group)).await.unwrap_or(false)
}

/// The request; `None` when the caller hung up without one, as the check for a live agent does.
async fn receive(reader: OwnedReadHalf, patience: Duration) -> Result<Option<Request>, String> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(reader.take(MAX_REQUEST as u64));
    match timeout(patience, reader.read_until(b'\n', &mut line)).await {
        Err(_) => Err(format!("no request came within {} s", patience.as_secs_f64())),
        Ok(Err(error)) => Err(format!("the request could not be read: {error}")),
        Ok(Ok(0)) => Ok(None),
        Ok(Ok(_)) if line.ends_with(b"\n") => {
            read_request(&line).map(Some).map_err(|error| error.to_string())
        }
        Ok(Ok(length)) if length == MAX_REQUEST => {
            Err(format!("the request is longer than {MAX_REQUEST} bytes"))
        }
        Ok(Ok(_)) => Err("the request broke off in the middle of its line".to_owned()),
    }
}
