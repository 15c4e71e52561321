//! Prompts under way: what was set in one line is there in the next.

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use crate::script::Instance;

/// More prompts than this are open only where some were left without an end; the one that was used
/// least lately goes first.
const AT_MOST: usize = 8;
/// A prompt that was silent for so long has been left.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub struct Sessions(Mutex<Vec<Session>>);

struct Session {
    name: String,
    instance: Arc<Instance>,
    /// On the clock that never jumps.
    used: Duration,
}

impl Sessions {
    /// The instance of a session; a new one is loaded for a name that is not known (any more).
    ///
    /// # Errors
    /// What `load` failed with.
    pub async fn get<E>(
        &self,
        name: &str,
        now: Duration,
        load: impl Future<Output = Result<Arc<Instance>, E>>,
    ) -> Result<Arc<Instance>, E> {
        let mut open = self.0.lock().await;
        open.retain(|session| now.saturating_sub(session.used) < FORGOTTEN_AFTER);
        if let Some(at) = open.iter().position(|session| session.name == name) {
            // The least lately used stands first.
            let session = Session { used: now, ..open.remove(at) };
            let instance = session.instance.clone();
            open.push(session);
            return Ok(instance);
        }
        let instance = load.await?;
        if open.len() == AT_MOST {
            open.remove(0);
        }
        open.push(Session { name: name.to_owned(), instance: instance.clone(), used: now });
        Ok(instance)
    }
}
