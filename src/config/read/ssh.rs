//! `ssh = { … }` of a host.

use std::sync::Arc;

use super::Reader;
use crate::{
    config::{diagnostic::Span, paths, section::Section},
    host::SshSettings,
};

const SSH_PORT: u16 = 22;

impl Reader<'_> {
    /// The settings, and where `jump` stands.
    pub(super) fn ssh(&self, host: &Section<'_>) -> (SshSettings, Span) {
        let section = host.section("ssh", "`ssh`");
        let jump = section.field("jump");
        let known_hosts = self.path(section.field("known_hosts"));
        let settings = SshSettings {
            user: section
                .field("user")
                .and_then(|field| field.text())
                .unwrap_or_else(|| self.surroundings.user())
                .to_owned(),
            port: section
                .field("port")
                .and_then(|field| field.whole(1, u64::from(u16::MAX)))
                .and_then(|port| u16::try_from(port).ok())
                .unwrap_or(SSH_PORT),
            key: self.path(section.field("key")),
            passphrase: section.field("passphrase").and_then(|field| field.secret()),
            known_hosts: known_hosts.unwrap_or_else(|| {
                paths::resolve(&self.dir, "~/.ssh/known_hosts", self.surroundings)
            }),
            jump: jump.as_ref().and_then(|field| field.text()).map(Arc::from),
        };
        section.finish();
        (settings, jump.map_or(0..0, |field| field.span()))
    }
}
