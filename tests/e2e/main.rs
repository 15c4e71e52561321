//! The real binary against real servers, and the real drivers on the register-level bus.

mod bad_input;
mod bus;
mod closet;
mod dry;
mod ending;
mod examples;
mod kernel_files;
mod killed;
mod recorded;
mod reload;
mod solar;
mod supervised;

#[path = "../support/agent.rs"]
mod agent;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/post_office.rs"]
mod post_office;
#[path = "../support/sshd.rs"]
mod sshd;

use sshd::Sshd;

/// The `[hosts.NAME]` of a server; `more` are further keys.
fn host(name: &str, server: &Sshd, more: &str) -> String {
    format!(
        "[hosts.{name}]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\nstart_within = \"30s\"\n\
         stop_within = \"30s\"\ncommand_within = \"30s\"\nssh = {{ user = '{}', port = {}, key = '{}', \
         known_hosts = '{}' }}\n{more}\n",
        Sshd::user(),
        server.port(),
        server.key().display(),
        server.known_hosts().display()
    )
}
