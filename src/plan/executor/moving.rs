//! A move of machines, step by step. Each step is written down before it is done, and may be done
//! twice: whoever is killed in the middle leaves a record that says what is to be done.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;

use super::Executor;
use crate::{
    journal::Event,
    plan::{Done, Failure, FailureKind, HostAct},
    store::{Move, MoveStep, Placement, StoreError},
};

/// Between two attempts to end what could not be ended.
const AGAIN: Duration = Duration::from_secs(120);

/// How a move ended.
pub(super) enum Moved {
    There,
    /// Where it was, and why: of the hosts that could not be made.
    Kept(BTreeMap<String, String>),
}

impl Executor {
    /// Ends moves that an earlier life began, or that could not be ended; never ends by itself.
    pub async fn keep_finishing_moves(&self) {
        let mut moving = self.store.moving();
        loop {
            // Before looking, so that what is begun meanwhile is seen.
            moving.borrow_and_update();
            match self.store.moves().await {
                Ok(moves) if moves.is_empty() => {
                    if moving.changed().await.is_err() {
                        return;
                    }
                }
                Ok(moves) => {
                    for it in moves {
                        let _turns = self.turns(&it.hosts).await;
                        // Told in the journal, and tried again.
                        let _ = self.finish_moves_among(&it.hosts).await;
                    }
                }
                Err(error) => tracing::error!("moves cannot be read: {error}"),
            }
            self.clock.sleep(AGAIN).await;
        }
    }

    /// To be called in the turn of all these hosts.
    pub(super) async fn finish_moves_among(&self, names: &[String]) -> Result<(), String> {
        let moves = self.store.moves().await.map_err(unreadable)?;
        for it in moves.into_iter().filter(|it| it.hosts.iter().any(|host| names.contains(host))) {
            let (origin, hosts, to) = (it.origin.clone(), it.hosts.join(", "), it.to.clone());
            let script = origin.split('/').next().unwrap_or_default().to_owned();
            let ended = self.carry_out(it).await;
            let text = match &ended {
                Ok(Moved::There) => format!("{hosts}: the move to {to} has come to its end"),
                Ok(Moved::Kept(_)) => {
                    format!("{hosts}: the move to {to} was given up, and undone")
                }
                Err(why) => format!("{hosts}: the move to {to} cannot be ended yet: {why}"),
            };
            self.journal.note(&script, Event::Note { text });
            ended?;
        }
        Ok(())
    }

    /// From where it is to its end.
    ///
    /// # Errors
    /// What keeps it from any end; its record stays.
    pub(super) async fn carry_out(&self, mut it: Move) -> Result<Moved, String> {
        it.attempt += 1;
        let mut why = BTreeMap::new();
        loop {
            self.store.save_move(&it).await.map_err(unreadable)?;
            it.step = match it.step {
                MoveStep::Emptying => {
                    self.leave_old(&it).await?;
                    MoveStep::Making
                }
                MoveStep::Making => {
                    why = self.settle(&it, "to", |_| Some(it.to.clone())).await;
                    if why.is_empty() { MoveStep::Leaving } else { MoveStep::Undoing }
                }
                MoveStep::Leaving => {
                    self.leave_old(&it).await?;
                    let at = Placement { template: it.to.clone(), since: self.clock.now() };
                    let ended = self.store.end_move(&it.id, Some((&it.hosts, &at)));
                    ended.await.map_err(unreadable)?;
                    return Ok(Moved::There);
                }
                MoveStep::Undoing => {
                    self.undo(&it).await?;
                    self.store.end_move(&it.id, None).await.map_err(unreadable)?;
                    if why.is_empty() {
                        why = it.made.iter().map(|name| (name.clone(), GIVEN_UP.into())).collect();
                    }
                    return Ok(Moved::Kept(why));
                }
            };
        }
    }

    /// What was made goes again; what was destroyed first is made again where it was.
    async fn undo(&self, it: &Move) -> Result<(), String> {
        let made = it.made.iter().map(|host| (host.clone(), vec![it.to.clone()])).collect();
        self.leave(&made).await?;
        if !it.stop_first {
            return Ok(());
        }
        let back = |host: &str| it.from.get(host).and_then(|from| from.first()).cloned();
        let why = self.settle(it, "back", back).await;
        match why.into_iter().next() {
            Some((host, why)) => Err(format!("{host} cannot be made again where it was: {why}")),
            None => Ok(()),
        }
    }

    async fn leave_old(&self, it: &Move) -> Result<(), String> {
        self.leave(&it.from).await
    }

    /// Makes every host's machine from what `template` says; returns the reasons of those that
    /// could not be made.
    async fn settle(
        &self,
        it: &Move,
        way: &str,
        template: impl Fn(&str) -> Option<String>,
    ) -> BTreeMap<String, String> {
        let made = it.hosts.iter().enumerate().map(|(index, name)| {
            let template = template(name);
            async move {
                let template = template?;
                let token = format!("watchpost-{}-{way}-{index}-{}", it.id, it.attempt);
                let act = HostAct::Settle { template, token };
                let result = match self.hosts.get(name) {
                    Some(host) => {
                        let within = host.command_within + host.start_within;
                        self.bounded(host, &act, within).await
                    }
                    None => Err(no_host()),
                };
                Some((name.clone(), reason(name, result.err()?)))
            }
        });
        join_all(made).await.into_iter().flatten().collect()
    }

    async fn leave(&self, from: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
        let all = from.iter().flat_map(|(host, templates)| {
            templates.iter().map(move |template| (host, template.clone()))
        });
        let left = all.map(|(name, template)| async move {
            let act = HostAct::Leave { template };
            let result: Result<Done, Failure> = match self.hosts.get(name) {
                Some(host) => self.do_to(host, &act).await,
                None => Err(no_host()),
            };
            result.map_err(|failure| {
                format!("{name} cannot be destroyed: {}; it is tried again", reason(name, failure))
            })
        });
        join_all(left).await.into_iter().find_map(Result::err).map_or(Ok(()), Err)
    }
}

const GIVEN_UP: &str = "the move was given up";

fn no_host() -> Failure {
    Failure::new(FailureKind::NotConfigured, "the site file has no such host any more")
}

fn reason(name: &str, failure: Failure) -> String {
    let own = failure.message.strip_prefix(&format!("{name}: ")).map(str::to_owned);
    own.unwrap_or(failure.message)
}

fn unreadable(error: StoreError) -> String {
    format!("the move cannot be kept: {error}")
}
