//! Nothing that was due is lost, whatever ends: in order, and by its number none twice.

use std::{thread, time::Duration};

use super::{
    agent::Agent,
    broker::{Broker, Make},
    listener::Listener,
    proxy::Proxy,
    times, until,
};

const FILTER: &str = "watchpost/closet/closet/#";

/// Everything came, in order; some of it may have come again.
fn check(listener: &Listener) {
    let (numbers, _again) = listener.numbers();
    let last = *numbers.last().expect("readings came");
    let sessions = listener.sessions();
    assert_eq!(numbers, (1..=last).collect::<Vec<_>>(), "heard in {sessions} sessions");
}

/// Waits for so many readings more.
fn wait_for_more(listener: &Listener, more: usize) {
    let before = listener.numbers().0.len();
    until("more readings come", || (listener.numbers().0.len() >= before + more).then_some(()));
}

fn broker_goes_and_comes(make: Make) {
    let mut broker = Broker::start(make);
    let listener = Listener::start(broker.port, &[FILTER]);
    let mut agent = Agent::fast(broker.port);
    agent.start();
    let many = if make == Make::Nats { 10 } else { 50 };
    for round in 0..times(3, many) {
        wait_for_more(&listener, 5);
        broker.crash();
        thread::sleep(Duration::from_millis(300 + 37 * (round as u64 % 10)));
        broker.launch();
    }
    wait_for_more(&listener, 20);
    match make {
        Make::Mosquitto => check(&listener),
        // What this one has confirmed and forgotten nobody can deliver.
        Make::Nats => assert!(listener.numbers().0.is_sorted(), "{:?}", listener.numbers()),
    }
}

#[test]
fn mosquitto_goes_and_comes() {
    broker_goes_and_comes(Make::Mosquitto);
}

#[test]
fn nats_is_killed_and_comes() {
    broker_goes_and_comes(Make::Nats);
}

#[test]
fn the_network_is_cut_in_the_middle_of_packets() {
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &[FILTER]);
    let proxy = Proxy::start(broker.port, 700, times(5, 50));
    let mut agent = Agent::fast(proxy.port);
    agent.start();
    for left in (0..proxy.left()).rev() {
        until("the next cut is made", || (proxy.left() <= left).then_some(()));
    }
    wait_for_more(&listener, 20);
    check(&listener);
}

#[test]
fn the_agent_is_killed() {
    let broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &[FILTER, "watchpost/closet/_status"]);
    let mut agent = Agent::fast(broker.port);
    for round in 0..times(4, 50) {
        agent.start();
        wait_for_more(&listener, 3 + round % 5);
        agent.kill();
        until("the last will tells", || {
            (listener.last("watchpost/closet/_status")? == "offline").then_some(())
        });
    }
    agent.start();
    wait_for_more(&listener, 10);
    check(&listener);
    assert_eq!(listener.last("watchpost/closet/_status").as_deref(), Some("online"));
}

/// What was read while the broker was away comes with the time at which it was read, also when the
/// agent was stopped and started meanwhile.
#[test]
fn an_outage_is_delivered_afterwards() {
    let mut broker = Broker::start(Make::Mosquitto);
    let listener = Listener::start(broker.port, &[FILTER]);
    let mut agent = Agent::fast(broker.port);
    agent.start();
    wait_for_more(&listener, 3);
    broker.crash();
    for ending in [Agent::stop, Agent::kill] {
        thread::sleep(Duration::from_millis(1500));
        ending(&mut agent);
        agent.start();
    }
    thread::sleep(Duration::from_millis(500));
    broker.launch();
    wait_for_more(&listener, 60);
    check(&listener);
    let times = listener.with(|heard| {
        let at = heard.iter().filter_map(|each| each.json()["at"].as_str().map(str::to_owned));
        at.collect::<Vec<_>>()
    });
    assert!(times.is_sorted(), "{times:?}");
}
