//! `smooth` and `median`: one value out of the last few.

use std::collections::VecDeque;

use crate::sensor::OptionError;

/// More readings than this would hide a fire.
const LONGEST: usize = 1000;

#[derive(Debug)]
pub(super) struct Smooth {
    kind: Kind,
    count: usize,
    latest: VecDeque<f64>,
    /// Kept, so that sorting needs no memory of its own at every reading.
    sorted: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Mean,
    Median,
}

impl Smooth {
    /// `median 5` or `mean 5`.
    pub fn parse(text: &str) -> Result<Self, OptionError> {
        let fail = || {
            let message = format!(
                "`smooth = \"{text}\"` is not known; write `median 5` or `mean 5`, over 2 to \
                 {LONGEST} readings"
            );
            OptionError::new("smooth", message)
        };
        let (kind, count) = text.trim().split_once(char::is_whitespace).ok_or_else(fail)?;
        let kind = match kind {
            "mean" => Kind::Mean,
            "median" => Kind::Median,
            _ => return Err(fail()),
        };
        let count = count.trim().parse().map_err(|_| fail())?;
        if !(2..=LONGEST).contains(&count) {
            return Err(fail());
        }
        Ok(Smooth { kind, count, latest: VecDeque::new(), sorted: Vec::new() })
    }

    pub fn push(&mut self, number: f64) -> f64 {
        if self.latest.len() == self.count {
            self.latest.pop_front();
        }
        self.latest.push_back(number);
        match self.kind {
            Kind::Mean => self.latest.iter().sum::<f64>() / self.latest.len() as f64,
            Kind::Median => self.median(),
        }
    }

    pub fn reset(&mut self) {
        self.latest.clear();
    }

    fn median(&mut self) -> f64 {
        self.sorted.clear();
        self.sorted.extend(&self.latest);
        self.sorted.sort_by(f64::total_cmp);
        let middle = self.sorted.len() / 2;
        if self.sorted.len() % 2 == 1 {
            self.sorted[middle]
        } else {
            f64::midpoint(self.sorted[middle - 1], self.sorted[middle])
        }
    }
}
