//! EC2: moto's server behind a gate of the tests' own, and the built program.
//!
//! Needs `tests/ec2/install`.

mod bad_input;
mod gate;
mod killed;
mod libvirt;
mod market;
mod moto;
mod signatures;
mod taken;

#[path = "../support/agent.rs"]
#[allow(dead_code, reason = "each test binary uses its own part of this")]
mod agent;
#[path = "../support/libvirtd.rs"]
#[allow(dead_code, reason = "the same")]
mod libvirtd;
#[path = "../support/patience.rs"]
mod patience;
#[path = "../support/pki.rs"]
#[allow(dead_code, reason = "the same")]
mod pki;
#[path = "../support/sshd.rs"]
mod sshd;

use std::collections::BTreeSet;

use self::{agent::Site, gate::Gate};

pub const BATCH: [&str; 2] = ["master", "worker-1"];

/// Two hosts, a spot market, and another region that costs the same at all times.
pub fn sections(gate: &Gate, site: &Site) -> String {
    let known = site.path("known_hosts");
    let key = site.path("id");
    let host = |name: &str| {
        format!(
            "[hosts.{name}]\nkind = \"placed\"\nallow_destroy = true\ntags = [\"batch\"]\n\
             ssh = {{ key = \"{}\", known_hosts = \"{}\" }}\n",
            key.display(),
            known.display()
        )
    };
    let port = gate.port;
    format!(
        "[aws]\nendpoint = \"http://127.0.0.1:{port}/\"\nevery = \"1s\"\n\
         access_key = {{ secret = \"aws-id\" }}\nsecret_key = {{ secret = \"aws-key\" }}\n\
         {}{}\
         [templates.small]\nimage = \"ami-12c6146b\"\ninstance_type = \"t4g.nano\"\nready = \"checks\"\n\
         [templates.aws-spot]\nkind = \"ec2\"\ninherits = \"small\"\nregion = \"eu-central-1\"\n\
         max_price = 0.02\non_demand_price = 0.02\ncost = \"ec2\"\n\
         [templates.home]\nkind = \"ec2\"\ninherits = \"small\"\nregion = \"us-east-1\"\nspot = false\n\
         cost = \"home\"\n\
         [cost.ec2]\nkind = \"ec2-spot\"\nregion = \"eu-central-1\"\ninstance_type = \"t4g.nano\"\n\
         every = \"1s\"\nmax_age = \"30s\"\n\
         [cost.home]\nkind = \"tariff\"\nwatts = 20\nprice = 0.25\n",
        host("master"),
        host("worker-1"),
    )
}

/// A site whose secrets are there.
pub fn site(gate: &Gate) -> Site {
    let site = Site::new("");
    secrets(&site);
    let text = sections(gate, &site);
    site.configure(&text);
    site
}

pub fn secrets(site: &Site) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir(site.path("secrets")).expect("a folder");
    for (name, text) in [("aws-id", "AKIDTEST"), ("aws-key", "hushhush")] {
        let path = site.path("secrets").join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mine");
    }
}

/// Places as the prices are, and where it is told to.
pub const SCRIPT: &str = r#"
const BATCH = tagged("batch");
watch("choose", cron("0 0 1 1 *"), || {
    let there = if cost("ec2") < cost("home") { "aws-spot" } else { "home" };
    run(place(BATCH, there).margin(0.15) | reply("chosen"));
});
watch("dwell", cron("0 0 1 1 *"), || {
    let there = if cost("ec2") < cost("home") { "aws-spot" } else { "home" };
    run(place(BATCH, there).dwell("2h") | reply("chosen"));
});
watch("home", cron("0 0 1 1 *"), place(BATCH, "home"));
watch("away", cron("0 0 1 1 *"), place(BATCH, "aws-spot"));
watch("away-empty-first", cron("0 0 1 1 *"), place(BATCH, "aws-spot").stop_first());
watch("ask", cron("0 0 1 1 *"), || run(reply(`ec2 ${price("ec2").value}`)));
"#;

/// Each host once, all in one template, all finished: which template that is.
pub fn one_batch(gate: &Gate) -> Result<String, String> {
    let machines = gate.machines();
    let hosts: Vec<&str> = machines.iter().map(|(_, host, ..)| host.as_str()).collect();
    let templates: BTreeSet<&str> = machines.iter().map(|(_, _, it, _)| it.as_str()).collect();
    let is_whole = hosts.len() == BATCH.len()
        && BATCH.iter().all(|host| hosts.contains(host))
        && templates.len() == 1
        && machines.iter().all(|(.., state)| state == "finished");
    match templates.first() {
        Some(template) if is_whole => Ok((*template).to_owned()),
        _ => Err(format!("{machines:#?}")),
    }
}
