//! Carries pipes out. What all three worlds share stands here: order, deadlines, waiting, retries,
//! hosts side by side, arbitration, and the durable progress of `one_by_one`.

mod acting;
mod alerts;
mod asking;
mod baseline;
mod guarding;
mod holds;
mod keeping;
mod lifecycle;
mod looking;
mod moving;
mod output;
mod placing;
mod rows;
mod run;
mod scanning;
mod telling;
#[cfg(test)]
mod tests;
mod walk;

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt, join_all};

use self::rows::Rows;
pub use self::run::{Functions, NoFunctions, Origin, Run};
use super::{Pipe, Report, Row, Step, World};
use crate::{
    clock::{Clock, Zone},
    cost::CostTable,
    host::{HostLocks, HostNews, Inventory, scan::ScanSettings},
    journal::{Event, Journal},
    store::Store,
};

/// Executes pipes against a world.
pub struct Executor {
    pub world: Arc<dyn World>,
    pub clock: Clock,
    /// In which people read times.
    pub timezone: Zone,
    pub hosts: Arc<Inventory>,
    /// What is known of them.
    pub news: HostNews,
    pub scans: Arc<ScanSettings>,
    /// What an hour costs here and there.
    pub costs: CostTable,
    pub store: Store,
    pub journal: Journal,
    /// Hosts that one step works on at a time.
    pub parallel_hosts: usize,
    /// One verb at a time on one host, whoever asks.
    pub locks: HostLocks,
}

impl Executor {
    /// Executes a pipe to its end and says what came of it. Never fails as a whole: what went wrong
    /// stands in the report.
    pub async fn execute(&self, run: &Run, pipe: &Pipe) -> Report {
        let path = run.next_path();
        self.steps(run, pipe, path).await
    }

    /// The steps of one pipe. `path` names its place in the run, for the durable progress and for
    /// message ids.
    fn steps<'a>(&'a self, run: &'a Run, pipe: &'a Pipe, path: String) -> BoxFuture<'a, Report> {
        async move {
            let mut rows = Rows::default();
            for (index, step) in pipe.steps.iter().enumerate() {
                let here = format!("{path}.{index}");
                match step {
                    Step::Act(act) => self.act(run, act, &mut rows).await,
                    Step::Output(step) => self.output(run, step, &mut rows).await,
                    Step::Tell(_) | Step::Alert(_)
                        if pipe.if_changed && rows.nothing_to_report() => {}
                    Step::Alert(alert) => self.alert(run, alert, &mut rows, &here).await,
                    Step::Tell(tell) => self.tell(run, tell, &mut rows, &here).await,
                    Step::Ask(ask) => {
                        if !self.ask(run, ask, &mut rows, &here).await {
                            return rows.report();
                        }
                    }
                    Step::Pick(function) => {
                        if !self.pick(run, function, &mut rows).await {
                            return Report { rows: Vec::new(), quiet: true };
                        }
                    }
                    Step::NewSince(name) => {
                        if !self.new_since(run, name, &mut rows).await {
                            return Report { rows: Vec::new(), quiet: true };
                        }
                    }
                    Step::OneByOne(walk) => self.walk(run, walk, &mut rows, &here).await,
                    Step::All(pipes) => {
                        let beside = pipes.iter().enumerate().map(|(branch, pipe)| {
                            self.steps(run, pipe, format!("{here}.{branch}"))
                        });
                        for report in join_all(beside).await {
                            report.rows.into_iter().for_each(|row| rows.merge(row));
                        }
                    }
                }
            }
            rows.report()
        }
        .boxed()
    }

    fn note(&self, run: &Run, event: Event) {
        self.journal.of_run(&run.script, &run.watch, run.id, event);
    }

    /// Returns false when nothing is left and the pipe is to end quietly.
    async fn pick(&self, run: &Run, function: &super::Callback, rows: &mut Rows) -> bool {
        let asked: Vec<Row> = rows.succeeded().cloned().collect();
        let mut keep = Vec::with_capacity(asked.len());
        let mut mistake = None;
        for row in &asked {
            keep.push(match run.functions.keeps(function, row).await {
                Ok(keeps) => keeps,
                Err(message) => {
                    mistake.get_or_insert(message);
                    false
                }
            });
        }
        if let Some(message) = mistake {
            rows.note(Row { verb: "pick".into(), error: Some(message), ..Row::default() });
        }
        rows.retain(&keep)
    }
}
