//! Two agents on a cluster of three brokers, of which one is killed.

use rumqttc::MqttOptions;

use super::{
    agent::{Agent, file_sensor, url},
    broker::{Cluster, folder},
    listener::Listener,
    times, until,
};

fn agent(name: &str, port: u16) -> Agent {
    let agent =
        Agent::new(name, &url(port), &file_sensor(&format!("{name}/heat"), "heat", "100ms"));
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
    let (mut attic, mut cellar) = (agent("attic", second), agent("cellar", third));
    attic.start();
    cellar.start();
    is_seen(&attic, "cellar/cellar/heat");
    is_seen(&cellar, "attic/attic/heat");
    for _ in 0..times(1, 10) {
        cluster.kill(2);
        let before = listener.of("watchpost/attic/attic/heat").len();
        until("the others go on", || {
            (listener.of("watchpost/attic/attic/heat").len() >= before + 20).then_some(())
        });
        cluster.revive(2);
        let before = listener.of("watchpost/cellar/cellar/heat").len();
        until("the cut off one comes back", || {
            (listener.of("watchpost/cellar/cellar/heat").len() >= before + 40).then_some(())
        });
    }
    // What a cluster could not hand over at once it hands over later: the order is the broker's here,
    // and the numbers put it right.
    for site in ["attic", "cellar"] {
        until(&format!("all of {site} has come"), || {
            let mut numbers = listener.of(&format!("watchpost/{site}/{site}/heat"));
            numbers.sort_unstable();
            let last = *numbers.last()?;
            (numbers == (1..=last).collect::<Vec<_>>()).then_some(())
        });
    }
}
