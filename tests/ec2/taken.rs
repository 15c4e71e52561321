//! A spot machine that EC2 takes back fires a watch.

use crate::{gate::Gate, moto::Moto, one_batch, patience::until, site};

const SCRIPT: &str = r#"
const BATCH = tagged("batch");
watch("away", cron("0 0 1 1 *"), place(BATCH, "aws-spot"));
watch("taken", interrupted(BATCH), |event| {
    print(`${event.host} is taken`);
    run(place(BATCH, "home"));
});
"#;

#[test]
fn a_machine_that_is_taken_back_sends_the_batch_home_once() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    gate.price(0.001);
    let site = site(&gate);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    agent.fire("away");
    assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{}", agent.log());
    let taken = gate.machines().into_iter().find(|(_, host, ..)| host == "worker-1");
    gate.state().taken = taken.map(|(id, ..)| id);
    agent.await_note("worker-1 is taken");
    until(
        || one_batch(&gate).ok().filter(|at| at == "home"),
        || format!("{:?}\n{}", gate.machines(), agent.log()),
    );
    // Told once, also by another agent.
    agent.kill();
    let agent = site.start();
    agent.await_loaded();
    agent.fire("away");
    assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{}", agent.log());
    assert!(!agent.log().contains("is taken back"), "{}", agent.log());
}
