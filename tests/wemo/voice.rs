//! What people say, from the voice to the host and back.

use std::{thread, time::Duration};

use super::{PLEX, house};

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
fn a_voice_starts_a_host_and_the_truth_is_shown() {
    let (agent, client) = house(PLEX);
    let port = client.port_of("plex power");
    assert!(client.set(port, true));
    thread::sleep(Duration::from_secs(3));
    assert!(client.is_on(port), "while it starts it stays on");
    // Somebody else stops it, behind the voice's back.
    agent.write_script("night", "watch(\"night\", every(\"1h\"), stop(hosts(\"plex\")));");
    agent.says("night  loaded");
    agent.command(&["fire", "night"]);
    client.becomes(port, false);
}
