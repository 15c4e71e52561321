//! Where an answer is written, frame by frame.

use std::time::Duration;

use serde::Serialize;
use tokio::{io::AsyncWriteExt, net::unix::OwnedWriteHalf, time::timeout};

use super::protocol::{Frame, write_line};

/// The caller hung up, or takes nothing any more. Nobody reads the rest of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the caller has hung up")]
pub struct ClientGone;

/// The writing half of one connection.
pub struct FrameSink {
    writer: OwnedWriteHalf,
    /// Longest time for one frame; a caller that is slower counts as gone.
    patience: Duration,
    ok: bool,
    gone: bool,
}

impl FrameSink {
    pub(super) fn new(writer: OwnedWriteHalf, patience: Duration) -> Self {
        FrameSink { writer, patience, ok: true, gone: false }
    }

    /// Says what goes on.
    pub async fn progress(&mut self, text: impl Into<String>) -> Result<(), ClientGone> {
        self.send(&Frame::Progress(text.into())).await
    }

    /// Hands over a result.
    pub async fn value(&mut self, value: &impl Serialize) -> Result<(), ClientGone> {
        match serde_json::to_value(value) {
            Ok(value) => self.send(&Frame::Value(value)).await,
            Err(error) => self.error(format!("the result cannot be written: {error}")).await,
        }
    }

    /// Says why it failed; the answer then ends as failed.
    pub async fn error(&mut self, message: impl Into<String>) -> Result<(), ClientGone> {
        self.fail();
        self.send(&Frame::Error { message: message.into() }).await
    }

    /// The answer ends as failed, though all of it could be told: a run in which hosts failed.
    pub fn fail(&mut self) {
        self.ok = false;
    }

    pub(super) async fn end(mut self) -> Result<(), ClientGone> {
        self.send(&Frame::End { ok: self.ok }).await?;
        self.writer.shutdown().await.map_err(|_| ClientGone)
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), ClientGone> {
        if self.gone {
            return Err(ClientGone);
        }
        // Maps with keys that are no strings fail to become a `Value`, so they never get here.
        let line = write_line(frame).map_err(|_| ClientGone)?;
        let sent = timeout(self.patience, self.writer.write_all(&line)).await;
        self.gone = !matches!(sent, Ok(Ok(())));
        if self.gone { Err(ClientGone) } else { Ok(()) }
    }
}
