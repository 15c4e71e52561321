//! What runs now, and what waits for its turn.

use std::{collections::VecDeque, sync::Arc};

use super::job::Job;
use crate::plan::Handler;

#[derive(Default)]
pub(super) struct Queue {
    /// Functions wait here: one at a time for one script.
    functions: VecDeque<Job>,
    /// The watch whose function runs.
    function_of: Option<Arc<str>>,
    running: usize,
}

impl Queue {
    /// Takes a job; returns it when it can run at once.
    pub(super) fn admit(&mut self, job: Job) -> Option<Job> {
        if matches!(job.handler, Handler::Function(_)) {
            if self.function_of.is_some() {
                self.functions.push_back(job);
                return None;
            }
            self.function_of = Some(job.watch.clone());
        }
        self.running += 1;
        Some(job)
    }

    /// A job has ended; returns the next one whose turn it is, unless nothing new may begin.
    pub(super) fn ended(&mut self, was_function: bool, may_begin: bool) -> Option<Job> {
        self.running -= 1;
        if !was_function {
            return None;
        }
        let next = if may_begin { self.functions.pop_front() } else { None };
        self.function_of = next.as_ref().map(|job| job.watch.clone());
        self.running += usize::from(next.is_some());
        next
    }

    /// The watch behind whose function this one's waits for its turn.
    pub(super) fn waits_behind(&self, watch: &str) -> Option<&str> {
        let waits = self.functions.iter().any(|job| *job.watch == *watch);
        self.function_of.as_deref().filter(|_| waits)
    }

    /// A shutting down agent begins nothing new: what waits is in the store.
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0
    }
}
