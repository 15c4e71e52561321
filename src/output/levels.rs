//! How far the outputs are on, for those who only look.

use std::sync::Arc;

use tokio::sync::watch;

use super::Level;

/// Where it is told how far each output is on; `None` where that is not known.
pub(super) struct Teller(watch::Sender<Vec<Option<Level>>>);

/// Clones look at the same outputs, each for itself.
#[derive(Clone, Debug)]
pub struct Levels {
    names: Arc<[Arc<str>]>,
    levels: watch::Receiver<Vec<Option<Level>>>,
}

/// As long as nothing was driven nothing is known.
pub(super) fn levels(names: Arc<[Arc<str>]>) -> (Teller, Levels) {
    let (teller, levels) = watch::channel(vec![None; names.len()]);
    (Teller(teller), Levels { names, levels })
}

impl Teller {
    pub fn tell(&self, index: usize, level: Option<Level>) {
        self.0.send_if_modified(|levels| std::mem::replace(&mut levels[index], level) != level);
    }
}

impl Levels {
    /// `None` while it is not known.
    pub fn of(&self, name: &str) -> Option<Level> {
        let index = self.names.iter().position(|known| **known == *name)?;
        self.levels.borrow()[index]
    }

    /// Waits until one of them is turned; for ever, when nothing can turn them any more.
    pub async fn turned(&mut self) {
        if self.levels.changed().await.is_err() {
            std::future::pending().await
        }
    }
}
