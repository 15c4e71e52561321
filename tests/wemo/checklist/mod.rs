//! Every point of the protocol, each by a test with its number, against the built program.
//!
//! The numbers follow what emulations and clients of WeMo devices (fauxmo, Tasmota, pywemo, Home
//! Assistant) have been found to need.

mod answers;
mod descriptions;
mod events;
mod recorded;
mod requests;
mod searches;
mod switching;

const LAMP: &str = "wemo(\"lamp\", #{ on: || (), off: || () });";
