//! The short waits that chips ask for.

use std::{thread, time::Duration};

use embedded_hal::delay::DelayNs;

/// Real waits for real chips, none for simulated ones, which answer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    Real,
    None,
}

impl DelayNs for Delay {
    fn delay_ns(&mut self, ns: u32) {
        if *self == Delay::Real {
            thread::sleep(Duration::from_nanos(ns.into()));
        }
    }
}
