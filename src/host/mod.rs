//! Hosts: what the site file says about them, and how to reach them.

pub mod enroll;
mod home;
mod inventory;
mod local;
mod outcome;
mod remote;
mod root_commands;
mod shell;
pub mod ssh;
mod thread;
pub mod wake;

pub use inventory::{Host, HostCommands, HostKind, Inventory, SshSettings};
pub use remote::RemoteHosts;
pub use ssh::SecretResolver;
