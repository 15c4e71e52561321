//! `one_by_one`: host after host, and after a restart where it was.

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{OneByOne, Row},
};

impl Executor {
    pub(super) async fn walk(&self, run: &Run, walk: &OneByOne, rows: &mut Rows, path: &str) {
        let done = match self.store.walk_progress(run.id, path).await {
            Ok(done) => done,
            Err(error) => {
                // Going on would repeat what may already be done; the owner decides.
                rows.note(failed(None, format!("the walk's progress cannot be read: {error}")));
                return;
            }
        };
        for host in &walk.hosts {
            if let Some((_, earlier)) = done.iter().find(|(name, _)| name == host) {
                let stop = earlier.iter().any(|row| !row.ok) && !walk.keep_going;
                earlier.iter().cloned().for_each(|row| rows.merge(row));
                if stop {
                    return;
                }
                continue;
            }
            let came_of_it = match run.functions.pipe_for(&walk.each, host).await {
                Ok(pipe) => self.steps(run, &pipe, format!("{path}.{host}")).await.rows,
                Err(message) => vec![failed(Some(host), message)],
            };
            if let Err(error) = self.store.walk_done(run.id, path, host, &came_of_it).await {
                self.note(
                    run,
                    Event::Note { text: format!("the walk's progress could not be kept: {error}") },
                );
            }
            let stop = came_of_it.iter().any(|row| !row.ok) && !walk.keep_going;
            came_of_it.into_iter().for_each(|row| rows.merge(row));
            if stop {
                return;
            }
        }
    }
}

fn failed(host: Option<&String>, message: String) -> Row {
    Row { host: host.cloned(), verb: "one_by_one".into(), error: Some(message), ..Row::default() }
}
