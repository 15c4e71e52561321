//! What runs now, and what waits for its turn.

use std::collections::VecDeque;

use super::job::Job;
use crate::plan::Handler;

#[derive(Default)]
pub(super) struct Queue {
    /// Functions wait here: one at a time for one script.
    functions: VecDeque<Job>,
    function_runs: bool,
    running: usize,
}

impl Queue {
    /// Takes a job; returns it when it can run at once.
    pub(super) fn admit(&mut self, job: Job) -> Option<Job> {
        let is_function = matches!(job.handler, Handler::Function(_));
        if is_function && self.function_runs {
            self.functions.push_back(job);
            return None;
        }
        self.function_runs |= is_function;
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
        self.function_runs = next.is_some();
        self.running += usize::from(next.is_some());
        next
    }

    /// A shutting down agent begins nothing new: what waits is in the store.
    pub(super) fn is_idle(&self) -> bool {
        self.running == 0
    }
}
