//! One connection to a daemon: calls side by side, events between them, signs of life.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::{broadcast, mpsc, watch},
    task::AbortHandle,
    time::timeout,
};

use super::{
    error::{Error, Result},
    rpc::{
        frame::{self, Frame, KEEPALIVE, Kind, Parsed, REMOTE, Status},
        message::{LifecycleEvent, RemoteError},
        procedure,
        xdr::{Decoder, Encoder, XdrError},
    },
};
use crate::tasks;

/// A daemon that is silent for so long is asked for a sign of life…
const PING_AFTER: Duration = Duration::from_secs(10);
/// …and after so many that it did not answer the connection is given up.
const UNANSWERED: u32 = 3;
/// An ordinary call is answered within this time: most take less than a millisecond.
pub const SHORT: Duration = Duration::from_secs(30);
/// Bytes that are asked for at a time.
const CHUNK: usize = 64 * 1024;
/// Frames that wait to be written.
const QUEUE: usize = 64;
/// Events that a listener may be behind.
const EVENTS: usize = 256;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Clones share the connection; it ends with the last of them.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    out: mpsc::Sender<Vec<u8>>,
    incoming: Arc<Incoming>,
    reader: AbortHandle,
}

/// What the reader shares with the callers.
struct Incoming {
    waiting: Mutex<HashMap<u32, Waiting>>,
    /// The last serial that was used.
    serial: AtomicU32,
    /// Whether the daemon answers pings.
    keeps_alive: AtomicBool,
    events: broadcast::Sender<LifecycleEvent>,
    /// Why the connection has ended.
    ended: watch::Sender<Option<Error>>,
}

struct Waiting {
    procedure: i32,
    answers: mpsc::UnboundedSender<Frame>,
}

/// Forgets a call when nobody waits for it any more.
struct Ticket<'c> {
    incoming: &'c Incoming,
    serial: u32,
    answers: mpsc::UnboundedReceiver<Frame>,
}

impl Connection {
    /// Over bytes that go to a daemon; nothing has been said yet.
    pub fn new(stream: impl Stream + 'static) -> Self {
        let (read, write) = tokio::io::split(stream);
        let (out, to_write) = mpsc::channel(QUEUE);
        let incoming = Arc::new(Incoming {
            waiting: Mutex::default(),
            serial: AtomicU32::new(0),
            keeps_alive: AtomicBool::new(false),
            events: broadcast::channel(EVENTS).0,
            ended: watch::channel(None).0,
        });
        tasks::spawn(write_all(write, to_write));
        let (shared, pongs) = (incoming.clone(), out.downgrade());
        let reader = tasks::spawn(async move {
            let error = shared.read(read, pongs).await;
            shared.ended.send_replace(Some(error));
            // Whoever waits learns it by the end of the answers.
            shared.waiting().clear();
        });
        Connection(Arc::new(Inner { out, incoming, reader: reader.abort_handle() }))
    }

    /// What happens to domains, from now on, once the daemon has been asked for it.
    pub fn events(&self) -> broadcast::Receiver<LifecycleEvent> {
        self.0.incoming.events.subscribe()
    }

    pub fn has_ended(&self) -> bool {
        self.0.incoming.ended.borrow().is_some()
    }

    /// Waits for the end, and says why.
    pub async fn ended(&self) -> Error {
        let mut ended = self.0.incoming.ended.subscribe();
        let error = match ended.wait_for(Option::is_some).await {
            Ok(error) => error.clone(),
            Err(_) => None,
        };
        error.unwrap_or_else(|| Error::Lost("the connection was closed".to_owned()))
    }

    /// The daemon answers pings from now on.
    pub(super) fn keep_alive(&self) {
        self.0.incoming.keeps_alive.store(true, Ordering::Relaxed);
    }

    /// Calls a procedure and reads its answer.
    ///
    /// # Errors
    /// libvirt's own, a connection that ends, an answer that cannot be understood, or none
    /// `within` this time.
    pub async fn call<T>(
        &self,
        procedure: i32,
        arguments: Encoder,
        within: Duration,
        read: impl FnOnce(&mut Decoder<'_>) -> std::result::Result<T, XdrError>,
    ) -> Result<T> {
        let payload = self.exchange(procedure, arguments, &[], within).await?;
        read(&mut Decoder::new(&payload)).map_err(|error| {
            let what = procedure::name(procedure);
            Error::Garbled(format!("an answer to {what} that is not understood ({error})"))
        })
    }

    /// Calls a procedure that takes the `contents` of something after its arguments.
    ///
    /// # Errors
    /// Like [`Connection::call`].
    pub async fn send(
        &self,
        procedure: i32,
        arguments: Encoder,
        contents: &[u8],
        within: Duration,
    ) -> Result<()> {
        self.exchange(procedure, arguments, contents, within).await.map(drop)
    }

    async fn exchange(
        &self,
        procedure: i32,
        arguments: Encoder,
        contents: &[u8],
        within: Duration,
    ) -> Result<Vec<u8>> {
        let talk = async {
            let mut ticket = self.0.incoming.ticket(procedure);
            let call = Frame::call(procedure, ticket.serial, arguments.into_bytes());
            self.write(call).await?;
            let answer = self.answer(&mut ticket).await?;
            if !contents.is_empty() {
                for piece in contents.chunks(CHUNK).chain([&[][..]]) {
                    self.write(Frame::stream(procedure, ticket.serial, piece.to_vec())).await?;
                }
                self.answer(&mut ticket).await?;
            }
            Ok(answer)
        };
        let what = procedure::name(procedure);
        timeout(within, talk).await.unwrap_or(Err(Error::Silent { what, within }))
    }

    async fn write(&self, frame: Frame) -> Result<()> {
        match self.0.out.send(frame.into_bytes()).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.ended().await),
        }
    }

    async fn answer(&self, ticket: &mut Ticket<'_>) -> Result<Vec<u8>> {
        let Some(frame) = ticket.answers.recv().await else { return Err(self.ended().await) };
        if frame.status != Status::Error {
            return Ok(frame.payload);
        }
        let error = RemoteError::read(&mut Decoder::new(&frame.payload));
        Err(error.map_or_else(
            |error| Error::Garbled(format!("an error that is not understood ({error})")),
            Error::Remote,
        ))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Incoming {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u32, Waiting>> {
        // Each change is a single insert or removal.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ticket(&self, procedure: i32) -> Ticket<'_> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let (answers, receiver) = mpsc::unbounded_channel();
        let mut waiting = self.waiting();
        // Under the lock, so that the end cannot pass between the look and the insert.
        if self.ended.borrow().is_none() {
            waiting.insert(serial, Waiting { procedure, answers });
        }
        drop(waiting);
        Ticket { incoming: self, serial, answers: receiver }
    }

    /// Reads until the connection is of no use any more, and says why.
    async fn read(&self, mut from: ReadHalf<impl Stream>, out: mpsc::WeakSender<Vec<u8>>) -> Error {
        let mut bytes = Vec::new();
        let mut unanswered = 0;
        loop {
            bytes.reserve(CHUNK);
            match timeout(PING_AFTER, from.read_buf(&mut bytes)).await {
                Ok(Ok(0)) if bytes.is_empty() => {
                    return Error::Lost("the connection was closed from there".to_owned());
                }
                Ok(Ok(0)) => {
                    let what = "the connection was closed in the middle of a message";
                    return Error::Lost(what.to_owned());
                }
                Ok(Ok(_)) => unanswered = 0,
                Ok(Err(error)) => return Error::Lost(format!("the connection broke: {error}")),
                Err(_) if !self.keeps_alive.load(Ordering::Relaxed) => continue,
                Err(_) if unanswered == UNANSWERED => {
                    let what = "there is no sign of life from there any more";
                    return Error::Lost(what.to_owned());
                }
                Err(_) => {
                    unanswered += 1;
                    say(&out, Frame::keepalive(procedure::PING));
                }
            }
            let mut used = 0;
            loop {
                match frame::read(&bytes[used..]) {
                    Ok(Parsed::Incomplete) => break,
                    Ok(Parsed::Whole(frame, length)) => {
                        used += length;
                        if let Err(error) = self.take(frame, &out) {
                            return error;
                        }
                    }
                    Err(error) => return Error::Garbled(error.to_string()),
                }
            }
            bytes.drain(..used);
        }
    }

    fn take(&self, frame: Frame, out: &mpsc::WeakSender<Vec<u8>>) -> Result<()> {
        match (frame.program, frame.kind) {
            (KEEPALIVE, _) => {
                if frame.procedure == procedure::PING {
                    say(out, Frame::keepalive(procedure::PONG));
                }
                Ok(())
            }
            (REMOTE, Kind::Message) => {
                if frame.procedure != procedure::DOMAIN_EVENT_CALLBACK_LIFECYCLE {
                    tracing::debug!("an event that nobody asked for: {}", frame.procedure);
                    return Ok(());
                }
                let event = LifecycleEvent::read(&mut Decoder::new(&frame.payload));
                let event = event.map_err(|error| {
                    Error::Garbled(format!("an event that is not understood ({error})"))
                })?;
                // Perhaps nobody listens.
                let _ = self.events.send(event);
                Ok(())
            }
            (REMOTE, Kind::Reply | Kind::Stream) => self.hand_on(frame),
            (REMOTE, Kind::Call) => Err(Error::Garbled("a call, as if this were a daemon".into())),
            (other, _) => Err(Error::Garbled(format!("a message of the program {other:#x}"))),
        }
    }

    fn hand_on(&self, frame: Frame) -> Result<()> {
        let waiting = self.waiting();
        let Some(caller) = waiting.get(&frame.serial) else {
            // An answer to a call that was given up comes late.
            let is_late = (1..=self.serial.load(Ordering::Relaxed)).contains(&frame.serial);
            return if is_late {
                Ok(())
            } else {
                Err(Error::Garbled("an answer to nothing that was asked".to_owned()))
            };
        };
        if caller.procedure != frame.procedure {
            let (asked, got) = (caller.procedure, frame.procedure);
            let what = format!("an answer to procedure {got} where {asked} was asked");
            return Err(Error::Garbled(what));
        }
        // It may be giving up this very moment.
        let _ = caller.answers.send(frame);
        Ok(())
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.incoming.waiting().remove(&self.serial);
    }
}

/// Says something that nobody waits for. When the queue is full, there is life enough.
fn say(out: &mpsc::WeakSender<Vec<u8>>, frame: Frame) {
    if let Some(out) = out.upgrade() {
        let _ = out.try_send(frame.into_bytes());
    }
}

/// Ends with the last sender, and closes the way there with it.
async fn write_all(mut to: WriteHalf<impl Stream>, mut frames: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = frames.recv().await {
        let written = async {
            to.write_all(&bytes).await?;
            to.flush().await
        };
        // The reader learns of a broken connection, too, and tells why.
        if written.await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
