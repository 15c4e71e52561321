//! Machines that are taken back, as a trigger.

use std::sync::Arc;

use rhai::Engine;

use crate::script::{
    context::Context,
    values::{HostSet, When},
};

pub(super) fn register(engine: &mut Engine, _: &Arc<Context>) {
    engine.register_fn("interrupted", |hosts: HostSet| When::interrupted(hosts.names().to_vec()));
}
