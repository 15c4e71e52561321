//! The whole flow: the price falls, rises, hovers.

use crate::{SCRIPT, agent::Agent, gate::Gate, moto::Moto, one_batch, patience::until, site};

/// Fires once the agent has heard of the price.
fn choose(agent: &Agent, gate: &Gate, watch: &str, price: f64) -> serde_json::Value {
    gate.price(price);
    let wanted = format!("ec2 {price}");
    until(
        || (agent.fire("ask")["reply"].as_str() == Some(&wanted)).then_some(()),
        || format!("the price is never {price}:\n{}", agent.log()),
    );
    agent.fire(watch)
}

fn rows(fired: &serde_json::Value) -> &serde_json::Value {
    &fired["report"]["rows"]
}

#[test]
fn the_batch_goes_where_it_is_cheaper_and_stays_where_it_hardly_is() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();

    // An hour at home is 20 W at 0.25 per kWh: 0.005.
    let first = choose(&agent, &gate, "choose", 0.007);
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{first}");
    let again = choose(&agent, &gate, "choose", 0.0071);
    assert_eq!(rows(&again)[0]["changed"], false, "{again}");
    choose(&agent, &gate, "choose", 0.004);
    assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{}", agent.log());
    for hovers in [0.0052, 0.0048, 0.0054, 0.0049] {
        let fired = choose(&agent, &gate, "choose", hovers);
        assert_eq!(rows(&fired)[0]["ok"], true, "{fired}");
        assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{hovers}");
    }
    choose(&agent, &gate, "choose", 0.009);
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{}", agent.log());

    // What came just now stays, also with another agent.
    let stays = choose(&agent, &gate, "dwell", 0.001);
    assert!(
        rows(&stays)[0]["data"]["stays"].as_str().is_some_and(|it| it.contains("2h")),
        "{stays}"
    );
    agent.kill();
    let agent = site.start();
    agent.await_loaded();
    choose(&agent, &gate, "dwell", 0.0011);
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{}", agent.log());

    // Dearer than on demand.
    let refused = choose(&agent, &gate, "away", 0.03);
    let error = rows(&refused)[0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("not bought") && error.contains("0.03"), "{refused}");
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{}", agent.log());
}

#[test]
fn an_answer_that_is_lost_buys_nothing_twice() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    site.script("spot", SCRIPT);
    gate.state().lose_answers = 3;
    let agent = site.start();
    agent.await_loaded();
    let fired = agent.fire("home");
    assert_eq!(fired["report"]["rows"][0]["ok"], true, "{fired}");
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"));
}

#[test]
fn what_cannot_be_made_keeps_the_old() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    agent.fire("home");
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"));
    let before = gate.machines();
    gate.price(0.001);
    gate.state().refuse = Some("worker-1&TagSpecification.1.Tag.4.Key=watchpost%3Atemplate&TagSpecification.1.Tag.4.Value=aws-spot".to_owned());
    let fired = agent.fire("away");
    let row = |host: &str| {
        let rows = fired["report"]["rows"].as_array().expect("rows");
        rows.iter().find(|row| row["host"] == host).expect("its row").clone()
    };
    let (failed, kept) = (row("worker-1"), row("master"));
    assert!(
        failed["error"].as_str().is_some_and(|it| it.contains("no such machine free")),
        "{fired}"
    );
    assert_eq!(kept["error"], "not moved: it goes together with worker-1");
    assert_eq!(gate.machines(), before, "the very same machines");

    // The other way round they are made anew where they were.
    let fired = agent.fire("away-empty-first");
    assert_eq!(fired["report"]["rows"][0]["ok"], false, "{fired}");
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{fired}");
    assert_ne!(gate.machines(), before);
    gate.state().refuse = None;
    agent.fire("away-empty-first");
    assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{}", agent.log());
}
