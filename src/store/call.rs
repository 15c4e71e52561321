//! Where the store's work is done: on a thread of its own, or right where it is asked for.

use std::{
    fmt,
    future::{Future, IntoFuture},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use tokio::sync::oneshot;

use super::{Desk, StoreError};

type Job = Box<dyn FnOnce(&mut Desk) + Send>;
type Work<T> = Box<dyn FnOnce(&mut Desk) -> Result<T, StoreError> + Send>;

pub(super) enum Runner {
    /// `jobs` is taken away when the last handle goes, which ends the thread.
    Thread {
        jobs: Option<mpsc::Sender<Job>>,
        thread: Option<JoinHandle<()>>,
    },
    Inline(Box<Mutex<Desk>>),
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Runner::Thread { .. } => "on a thread",
            Runner::Inline(_) => "inline",
        })
    }
}

impl Runner {
    pub(super) fn thread(mut desk: Desk) -> Result<Runner, StoreError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let path = desk.path.clone();
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                for job in queue {
                    // One faulty caller (who is told so) must not take the store from the others.
                    if catch_unwind(AssertUnwindSafe(|| job(&mut desk))).is_err() {
                        tracing::error!("work on the state file panicked; it was undone");
                        desk.be_strict();
                    }
                }
            })
            .map_err(|source| StoreError::NoAccess { path, source })?;
        Ok(Runner::Thread { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn inline(desk: Desk) -> Runner {
        Runner::Inline(Box::new(Mutex::new(desk)))
    }
}

fn send(jobs: &Option<mpsc::Sender<Job>>, job: Job) -> Result<(), StoreError> {
    jobs.as_ref().ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)
}

fn run_inline<T>(desk: &Mutex<Desk>, work: Work<T>) -> Result<T, StoreError> {
    work(&mut desk.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Drop for Runner {
    /// Waits for the thread, so that the file is free for the next who opens it.
    fn drop(&mut self) {
        let Runner::Thread { jobs, thread } = self else { return };
        drop(jobs.take());
        if let Some(thread) = thread.take()
            && thread.thread().id() != thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread panicked");
        }
    }
}

/// Work for the store. Nothing happens until it is awaited or waited for; what was begun is
/// finished even when the caller goes away.
#[must_use = "nothing is stored until this is awaited, or waited for"]
pub struct Call<T> {
    runner: Arc<Runner>,
    work: Work<T>,
}

impl<T: Send + 'static> Call<T> {
    pub(super) fn new(
        runner: Arc<Runner>,
        work: impl FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> Self {
        let settled = |desk: &mut Desk| work(desk).map_err(|error| error.about(&desk.path));
        Call { runner, work: Box::new(settled) }
    }

    /// Does the work and blocks until it is done: for plain threads, never on an async one.
    pub fn wait(self) -> Result<T, StoreError> {
        match &*self.runner {
            Runner::Inline(desk) => run_inline(desk, self.work),
            Runner::Thread { jobs, .. } => {
                let (reply, answer) = mpsc::sync_channel(1);
                let work = self.work;
                // A caller that has gone away needs no answer.
                send(jobs, Box::new(move |desk| drop(reply.send(work(desk)))))?;
                answer.recv().unwrap_or(Err(StoreError::Closed))
            }
        }
    }

    async fn done(self) -> Result<T, StoreError> {
        match &*self.runner {
            Runner::Inline(desk) => run_inline(desk, self.work),
            Runner::Thread { jobs, .. } => {
                let (reply, answer) = oneshot::channel();
                let work = self.work;
                send(jobs, Box::new(move |desk| drop(reply.send(work(desk)))))?;
                answer.await.unwrap_or(Err(StoreError::Closed))
            }
        }
    }
}

impl<T: Send + 'static> IntoFuture for Call<T> {
    type Output = Result<T, StoreError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.done())
    }
}
