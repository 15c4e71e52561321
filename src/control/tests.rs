//! Over a real socket: good callers, and callers as they come.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{Notify, oneshot},
    task::JoinHandle,
};

use super::*;
use crate::tasks;

/// Repeats what it is asked, slowly where it is told to.
struct Parrot {
    go_on: Notify,
    answered: Notify,
}

#[async_trait]
impl Desk for Parrot {
    async fn answer(&self, request: Request, out: &mut FrameSink) {
        // A caller that has hung up is the affair of the sink.
        let _told = match request {
            Request::Fire { name, .. } => {
                let begun = out.progress(format!("firing {name}")).await;
                self.go_on.notified().await;
                begun.and(out.value(&name).await)
            }
            Request::Pause { name } => out.error(format!("there is no watch `{name}`")).await,
            // Far more than a socket holds on its own.
            Request::Status => out.value(&"x".repeat(8 << 20)).await,
            other => out.value(&other).await,
        };
        self.answered.notify_one();
    }
}

struct Agent {
    path: PathBuf,
    parrot: Arc<Parrot>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Agent {
    async fn start(patience: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("watchpost.sock");
        let parrot = Arc::new(Parrot { go_on: Notify::new(), answered: Notify::new() });
        let server = Server::bind(&path).await.expect("bound").with_patience(patience);
        let (stop, stopped) = oneshot::channel();
        let desk: Arc<dyn Desk> = parrot.clone();
        let task = tasks::spawn(server.serve(desk, async move {
            let _stopped_or_dropped = stopped.await;
        }));
        Agent { path, parrot, stop: Some(stop), task, _folder: folder }
    }

    async fn patient() -> Self {
        Agent::start(Duration::from_secs(60)).await
    }

    async fn ask(&self, request: Request) -> Frames {
        Client::connect(&self.path).await.expect("connected").ask(&request).await.expect("asked")
    }

    async fn answer(&self, request: Request) -> Vec<Frame> {
        let mut frames = self.ask(request).await;
        let mut all = Vec::new();
        while let Some(frame) = frames.next().await.expect("a frame") {
            all.push(frame);
        }
        all
    }

    /// Everything that the agent says to these bytes.
    async fn said_to(&self, bytes: &[u8]) -> String {
        let mut stream = UnixStream::connect(&self.path).await.expect("connected");
        // The agent may close before it has read everything.
        let _written = stream.write_all(bytes).await;
        let _closed = stream.shutdown().await;
        let mut said = String::new();
        let _reset = stream.read_to_string(&mut said).await;
        said
    }

    async fn still_answers(&self) -> bool {
        self.answer(Request::Sensors).await.len() == 2
    }

    async fn stop(mut self) {
        self.stop.take().expect("not stopped yet").send(()).expect("still running");
        self.task.await.expect("ended well");
        assert!(!self.path.exists());
    }
}

fn fire() -> Request {
    Request::Fire { name: "heat".into(), dry_run: false }
}

#[tokio::test]
async fn an_answer_is_frames_and_an_end() {
    let agent = Agent::patient().await;
    let mut frames = agent.ask(fire()).await;
    assert_eq!(frames.next().await.unwrap(), Some(Frame::Progress("firing heat".into())));
    agent.parrot.go_on.notify_one();
    assert_eq!(frames.next().await.unwrap(), Some(Frame::Value("heat".into())));
    assert_eq!(frames.next().await.unwrap(), Some(Frame::End { ok: true }));
    assert_eq!(frames.next().await.unwrap(), None);
    agent.stop().await;
}

#[tokio::test]
async fn an_error_ends_the_answer_as_failed() {
    let agent = Agent::patient().await;
    let frames = agent.answer(Request::Pause { name: "x".into() }).await;
    let message = "there is no watch `x`".to_owned();
    assert_eq!(frames, [Frame::Error { message }, Frame::End { ok: false }]);
}

#[tokio::test]
async fn garbage_half_a_line_and_a_giant_one_are_answered_and_change_nothing() {
    let agent = Agent::patient().await;
    let garbage = agent.said_to(b"GET / HTTP/1.1\r\n\r\n").await;
    assert!(garbage.contains("not understood"), "{garbage}");
    let not_text = agent.said_to(&[0xff, 0x00, b'\n']).await;
    assert!(not_text.contains("not understood"), "{not_text}");
    let half = agent.said_to(br#"{"version":1,"requ"#).await;
    assert!(half.contains("broke off"), "{half}");
    let giant = agent.said_to(&vec![b'x'; MAX_REQUEST]).await;
    assert!(giant.contains("longer than"), "{giant}");
    assert!(agent.said_to(b"").await.is_empty());
    assert!(agent.still_answers().await);
}

#[tokio::test]
async fn a_caller_that_hangs_up_stops_nothing() {
    let agent = Agent::patient().await;
    let mut frames = agent.ask(fire()).await;
    frames.next().await.expect("begun");
    drop(frames);
    agent.parrot.go_on.notify_one();
    agent.parrot.answered.notified().await;
    assert!(agent.still_answers().await);
}

#[tokio::test]
async fn a_caller_that_says_nothing_or_takes_nothing_is_let_go() {
    let agent = Agent::start(Duration::from_millis(200)).await;
    let mut silent = UnixStream::connect(&agent.path).await.expect("connected");
    let mut said = String::new();
    silent.read_to_string(&mut said).await.expect("closed by the agent");
    assert!(said.contains("no request came"), "{said}");

    let _deaf = agent.ask(Request::Status).await;
    agent.parrot.answered.notified().await;
}

#[tokio::test]
async fn too_many_callers_are_told_so() {
    let agent = Agent::patient().await;
    let mut waiting = Vec::new();
    for _ in 0..32 {
        let mut frames = agent.ask(fire()).await;
        frames.next().await.expect("begun");
        waiting.push(frames);
    }
    let frames = agent.answer(Request::Sensors).await;
    assert!(matches!(&frames[0], Frame::Error { message } if message.contains("too many")));
    // Each caller that is answered makes room for another.
    agent.parrot.go_on.notify_one();
    agent.parrot.answered.notified().await;
}

#[tokio::test]
async fn stopping_lets_the_answers_under_way_end() {
    let mut agent = Agent::patient().await;
    let mut frames = agent.ask(fire()).await;
    frames.next().await.expect("begun");
    agent.stop.take().expect("not stopped yet").send(()).expect("still running");
    agent.parrot.go_on.notify_one();
    assert_eq!(frames.next().await.unwrap(), Some(Frame::Value("heat".into())));
    assert_eq!(frames.next().await.unwrap(), Some(Frame::End { ok: true }));
    agent.task.await.expect("ended well");
    assert!(!agent.path.exists());
}

#[tokio::test]
async fn the_socket_is_for_its_user_and_group() {
    let agent = Agent::patient().await;
    assert_eq!(fs::metadata(&agent.path).unwrap().mode() & 0o777, 0o660);
}

#[tokio::test]
async fn a_second_agent_is_refused_and_a_stale_socket_replaced() {
    let agent = Agent::patient().await;
    let error = Server::bind(&agent.path).await.err().expect("refused");
    assert!(matches!(error, BindError::AlreadyRunning(_)), "{error}");
    assert!(agent.still_answers().await);

    let folder = tempfile::tempdir().unwrap();
    let stale = folder.path().join("stale.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    assert!(matches!(Client::connect(&stale).await, Err(ClientError::NotRunning(_))));
    Server::bind(&stale).await.expect("replaced");
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    fs::write(&file, "mine").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(Server::bind(&file).await, Err(BindError::InTheWay(_))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let long = folder.path().join("x".repeat(120));
    assert!(matches!(Server::bind(&long).await, Err(BindError::PathTooLong(_))));
}

#[tokio::test]
async fn an_agent_that_dies_in_the_middle_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dying.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let dying = tasks::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"{\"progress\":\"half\"}\n{\"value\":").await.unwrap();
    });
    let client = Client::connect(&path).await.unwrap();
    let mut frames = client.ask(&Request::Status).await.unwrap();
    dying.await.unwrap();
    assert_eq!(frames.next().await.unwrap(), Some(Frame::Progress("half".into())));
    assert!(matches!(frames.next().await, Err(ClientError::BrokenOff)));
}
