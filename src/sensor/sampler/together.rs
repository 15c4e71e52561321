//! Sensors of one pace in one task.
//!
//! A real device can hang, so in the field every sensor has a task of its own. A simulated one
//! cannot: a rehearsal's year of a reading a minute waits for each minute once instead of once a
//! sensor, and everybody who listens is woken once for all of them.

use std::time::Duration;

use futures::future::join_all;

use super::{BACKOFF, Sampler};
use crate::clock::Clock;

/// Sorts out which samplers can share a task. What comes back first are the groups, each of one
/// pace and in the order given; then those that need a task each: whose devices speak by
/// themselves, or whose turns are so short that another sensor's second attempt would make them
/// late.
pub fn by_pace(samplers: Vec<Sampler>) -> (Vec<Vec<Sampler>>, Vec<Sampler>) {
    let longest_turn: Duration = BACKOFF.iter().sum();
    let (patient, alone): (Vec<_>, Vec<_>) =
        samplers.into_iter().partition(|each| each.heard.is_none() && each.every > longest_turn);
    let mut groups: Vec<Vec<Sampler>> = Vec::new();
    for sampler in patient {
        match groups.iter_mut().find(|group| group[0].every == sampler.every) {
            Some(group) => group.push(sampler),
            None => groups.push(vec![sampler]),
        }
    }
    (groups, alone)
}

/// Reads a group of [`by_pace`] as [`Sampler::run`] would read each, and does not end.
pub async fn run_together(mut group: Vec<Sampler>, clock: Clock) {
    let mut due = vec![Duration::ZERO; group.len()];
    loop {
        let now = clock.monotonic();
        let mut missed = Vec::new();
        for (sampler, _) in group.iter_mut().zip(&due).filter(|(_, due)| **due <= now) {
            // A simulated device answers at once.
            if let Err(miss) = sampler.attempt().await {
                missed.push(sampler.try_again(miss));
            }
        }
        join_all(missed).await;
        let done = clock.monotonic();
        for (sampler, due) in group.iter().zip(&mut due).filter(|(_, due)| **due <= now) {
            *due = sampler.turn_after(done);
        }
        // A group has a member at least.
        let Some(next) = due.iter().min() else { return };
        clock.sleep_to(*next).await;
    }
}
