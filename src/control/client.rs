//! The command line's end of the socket.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::protocol::{Frame, Request};

/// The longest frame that is believed, in bytes: a journal of a thousand runs is far shorter.
const MAX_FRAME: u64 = 64 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no agent is running here: nobody answers on {0}")]
    NotRunning(PathBuf),
    #[error(
        "the agent's socket {0} is closed to you: run this as the agent's user, or join the socket's group"
    )]
    NotAllowed(PathBuf),
    #[error("cannot reach the agent on {path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error(
        "the agent went away before it had finished; `watchpost journal` tells how far it came"
    )]
    BrokenOff,
    #[error("the agent's answer is not understood: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// A connection on which nothing has been asked yet.
pub struct Client {
    stream: UnixStream,
    path: PathBuf,
}

impl Client {
    /// # Errors
    /// [`ClientError::NotRunning`] when nobody answers: many verbs then work on their own.
    pub async fn connect(path: &Path) -> Result<Self, ClientError> {
        match UnixStream::connect(path).await {
            Ok(stream) => Ok(Client { stream, path: path.to_owned() }),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                    ClientError::NotRunning(path.to_owned())
                }
                io::ErrorKind::PermissionDenied => ClientError::NotAllowed(path.to_owned()),
                _ => ClientError::Io { path: path.to_owned(), error },
            }),
        }
    }

    /// Asks. One connection is for one question.
    ///
    /// # Errors
    /// When the request cannot be written; a refusal comes as a frame.
    pub async fn ask(self, request: &Request) -> Result<Frames, ClientError> {
        let Client { stream, path } = self;
        let (reader, mut writer) = stream.into_split();
        match writer.write_all(&request.to_line()?).await {
            Ok(()) => {}
            // It was refused before it was read; the reason is there to be read.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => return Err(ClientError::Io { path, error }),
        }
        Ok(Frames { reader: BufReader::new(reader), _writer: writer, path, ended: false })
    }
}

/// The frames of one answer.
pub struct Frames {
    reader: BufReader<OwnedReadHalf>,
    /// Dropped with the answer: closing it earlier would look like hanging up.
    _writer: OwnedWriteHalf,
    path: PathBuf,
    ended: bool,
}

impl Frames {
    /// The next frame; `None` after [`Frame::End`].
    ///
    /// # Errors
    /// [`ClientError::BrokenOff`] when the agent went away without an end.
    pub async fn next(&mut self) -> Result<Option<Frame>, ClientError> {
        if self.ended {
            return Ok(None);
        }
        let mut line = Vec::new();
        let read = (&mut self.reader).take(MAX_FRAME).read_until(b'\n', &mut line).await;
        match read {
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(_) => return Err(ClientError::BrokenOff),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return Err(ClientError::BrokenOff);
            }
            Err(error) => return Err(ClientError::Io { path: self.path.clone(), error }),
        }
        let frame = serde_json::from_slice(&line)?;
        self.ended = matches!(frame, Frame::End { .. });
        Ok(Some(frame))
    }
}
