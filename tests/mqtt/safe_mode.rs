//! After a crash loop: readings go on, switches rest, and the broker is told.

use crate::{
    agent::Agent,
    broker::{Broker, Make},
    listener::Listener,
    until,
};

#[test]
fn safe_mode_is_told_and_readings_go_on() {
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &["watchpost/closet/#"]);
    let mode = || listener.last("watchpost/closet/_mode");
    let mut agent = Agent::fast(broker.port);
    agent.supervise();
    agent.script("voice", "wemo(\"lamp\", || ());");
    for _ in 0..3 {
        agent.start();
        // The agent has said that it is there, so that this life counts.
        until("it is there", || {
            (listener.last("watchpost/closet/_status")? == "online").then_some(())
        });
        agent.kill();
        until("it is gone", || {
            (listener.last("watchpost/closet/_status")? == "offline").then_some(())
        });
    }
    agent.start();
    until("safe mode is told", || (mode()? == "safe").then_some(()));
    assert_eq!(listener.last("watchpost/closet/_status").as_deref(), Some("online"));
    agent.write("heat", "33.25");
    until("a reading", || {
        listener.last("watchpost/closet/closet/heat")?.contains("33.25").then_some(())
    });
    agent.stop();
    agent.start();
    until("all is as ever", || (mode()? == "normal").then_some(()));
}
