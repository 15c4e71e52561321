//! What people say, from the voice to the host and back.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::{
    PLEX,
    agent::{Agent, until},
    client::Client,
    house,
    libvirtd::{Libvirtd, OBEDIENT},
    network::Network,
    pywemo::Conversation,
    sshd::Sshd,
};

#[test]
fn what_voice_may_not_do_falls_back() {
    let script = "for name in [\"iron\", \"nas\"] { wemo(name, #{ on: start(hosts(name)), off: stop(hosts(name)) }); }";
    let (agent, client) = house(script);
    let (iron, nas) = (client.port_of("iron"), client.port_of("nas"));
    for port in [iron, nas] {
        client.becomes(port, true);
        assert!(!client.set(port, false));
    }
    client.becomes(iron, true);
    agent.says("not by voice: `stop` of iron needs `voice = true`");
    thread::sleep(Duration::from_secs(1));
    assert!(!client.is_on(nas));
}

#[test]
fn no_script_gives_voice_what_is_not_its() {
    for (action, refused) in [
        ("run(update(hosts(\"iron\")))", "`update` of iron needs `voice = true`"),
        ("run(restart(hosts(\"iron\")))", "`restart` of iron needs `voice = true`"),
        ("run(hold_off(hosts(\"iron\"), \"night\"))", "of iron needs `voice = true`"),
    ] {
        let (agent, client) = house(&format!("wemo(\"try\", || {{ {action} }});"));
        let port = client.port_of("try");
        client.set(port, true);
        agent.says(refused);
        client.becomes(port, false);
    }
}

#[test]
fn a_voice_starts_a_machine_and_hears_when_somebody_else_stops_it() {
    let daemon = Libvirtd::start();
    let (agent, client) = house_of(&daemon);
    client.port_of("plex power");
    let mut voice = Conversation::begin(&agent, "voice.py");
    voice.says("on");
    until("the machine", || (domain_state(&daemon) == "running").then_some(()));
    agent.ended_run("plex power");
    voice.tell("running");
    voice.says("still on");
    // Its power is cut on the hypervisor; the agent has no part in it.
    daemon.says(&daemon.qemu(), &["destroy", "plex"]);
    voice.tell("stopped");
    voice.says("off");
    voice.ends_well();
}

#[test]
fn what_others_do_to_a_machine_is_shown_when_it_happens_and_not_at_the_next_look() {
    let daemon = Libvirtd::start();
    let (_agent, client) = house_of(&daemon);
    let port = client.port_of("plex power");
    let began = Instant::now();
    for _ in 0..3 {
        for (verb, on) in [("start", true), ("destroy", false)] {
            daemon.says(&daemon.qemu(), &[verb, "plex"]);
            client.becomes(port, on);
        }
    }
    // Six looks are 15 s apart.
    assert!(began.elapsed() < Duration::from_secs(45), "{:?}", began.elapsed());
}

#[test]
fn a_failed_start_falls_back_to_off_and_one_that_works_is_on_until_the_machine_is_gone() {
    let network = Network::new();
    let server = network.in_house(Sshd::start);
    let client = Client::enter(&network);
    let flag = server.path("plex-runs");
    let sections = format!(
        "[board]\nprofile = \"generic-linux\"\n[alexa]\n\
         [hosts.big-iron]\nkind = \"ssh\"\naddress = \"127.0.0.1\"\n\
         ssh = {{ user = '{}', port = {}, key = '{}', known_hosts = '{}' }}\n\
         [hosts.plex]\nkind = \"ssh\"\non = \"big-iron\"\n\
         start = \"touch {flag}\"\nstate = \"test -e {flag}\"\n\
         [hosts.broken]\nkind = \"ssh\"\non = \"big-iron\"\n\
         start = \"echo no such disk >&2; exit 1\"\nstate = \"false\"\n",
        Sshd::user(),
        server.port(),
        server.key().display(),
        server.known_hosts().display(),
        flag = flag.display(),
    );
    let broken = r#"wemo("broken", #{ on: start(hosts("broken")), off: stop(hosts("broken")) });"#;
    let agent = Agent::start_with(network, &sections, &format!("{PLEX}{broken}"));
    let (plex, broken) = (client.port_of("plex power"), client.port_of("broken"));
    assert!(client.set(broken, true), "it shows what was asked for");
    client.becomes(broken, false);
    agent.says("no such disk");
    assert!(client.set(plex, true));
    agent.ended_run("plex power");
    assert!(flag.exists() && client.is_on(plex));
    // Somebody stops it on the hypervisor.
    fs::remove_file(flag).unwrap();
    client.becomes(plex, false);
}

/// A house with `plex`, a machine of the daemon that is off.
fn house_of(daemon: &Libvirtd) -> (Agent, Client) {
    daemon.define("plex", OBEDIENT);
    let sections = format!(
        "[board]\nprofile = \"generic-linux\"\n[alexa]\n\
         [hosts.plex]\nkind = \"libvirt\"\nuri = \"{}\"\nswitches_per_hour = 100\n",
        daemon.qemu()
    );
    let network = Network::new();
    let client = Client::enter(&network);
    (Agent::start_with(network, &sections, PLEX), client)
}

fn domain_state(daemon: &Libvirtd) -> String {
    daemon.says(&daemon.qemu(), &["domstate", "plex"])
}
