//! Hosts: what the site file says about them, and how to reach them.

mod inventory;

pub use inventory::{Host, HostCommands, HostKind, Inventory, SshSettings};
