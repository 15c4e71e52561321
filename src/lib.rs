//! Watchpost: sensors come in, scripts decide, hosts act.
//!
//! The rooms of the house, in the direction in which data flows: [`hal`] → [`sensor`] →
//! [`script`] → [`plan`] → [`host`], [`mail`]; [`cost`] knows what an hour costs; [`store`] keeps what must survive, [`clock`] tells
//! the time to all of them. None of `sensor`, `host`, `mail` and `store` knows of scripts.

pub mod agent;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
pub mod cost;
pub mod doctor;
pub mod hal;
pub mod host;
pub mod journal;
pub mod mail;
pub mod mqtt;
pub mod output;
pub mod plan;
pub mod rehearse;
pub mod script;
pub mod sensor;
pub mod store;
pub mod subnet;
pub mod suggest;
pub mod switch;
pub mod tasks;
pub mod wemo;
