//! Two agents on a cluster of three brokers, of which one is killed.

use rumqttc::MqttOptions;

use super::{
    agent::{Agent, file_sensor, urls},
    broker::{Cluster, folder},
    listener::Listener,
    times, until,
};

fn agent(name: &str, ports: &[u16]) -> Agent {
    let agent =
        Agent::new(name, &urls(ports), &file_sensor(&format!("{name}/heat"), "heat", "100ms"));
    agent.write("heat", "21.5");
    agent.script("empty", "");
    agent
}

fn is_seen(by: &Agent, sensor: &str) {
    until(&format!("{sensor} is seen"), || {
        by.ask(&["eval", &format!("sensor(\"{sensor}\")")]).contains("21.5").then_some(())
    });
}

#[test]
fn a_node_is_killed_and_nothing_is_lost() {
    let mut cluster = Cluster::start(folder());
    let [first, second, third] = cluster.ports();
    // Whoever listens sits where nobody is killed.
    let listener = Listener::start(first, &["watchpost/+/+/heat", "probe/#"]);
    for port in [second, third] {
        let client = format!("probe-{port}");
        let probe = Listener::start_with(MqttOptions::new(&client, "127.0.0.1", port), &[]);
        let topic = format!("probe/{port}");
        until("the whole cluster knows who listens", || {
            probe.publish(&topic, "?", false);
            listener.last(&topic)
        });
    }
    let mut attic = agent("attic", &[second, first]);
    let mut cellar = agent("cellar", &[third, second]);
    attic.start();
    cellar.start();
    is_seen(&attic, "cellar/cellar/heat");
    is_seen(&cellar, "attic/attic/heat");
    for round in 0..times(1, 10) {
        let node = 2 - round % 2;
        cluster.kill(node);
        let before = listener.of("watchpost/attic/attic/heat").len();
        until("the others go on", || {
            (listener.of("watchpost/attic/attic/heat").len() >= before + 20).then_some(())
        });
        let before = listener.of("watchpost/cellar/cellar/heat").len();
        until("the one that moved goes on", || {
            (listener.of("watchpost/cellar/cellar/heat").len() >= before + 40).then_some(())
        });
        cluster.revive(node);
    }
    // What a node had on its way when it was killed may come late: in what order a cluster hands on is
    // its own affair, and the numbers put it right.
    for site in ["attic", "cellar"] {
        let topic = format!("watchpost/{site}/{site}/heat");
        until(&format!("all of {site} has come"), || {
            let mut numbers = listener.of(&topic);
            numbers.sort_unstable();
            let last = *numbers.last()?;
            (numbers == (1..=last).collect::<Vec<_>>()).then_some(())
        });
    }
}
