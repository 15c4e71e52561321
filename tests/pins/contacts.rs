//! A leak probe that closes a valve.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{agent::Site, bench::Chip, patience::until};

/// What the manual promises.
const WITHIN: Duration = Duration::from_millis(50);
const LEAKS: usize = 7;

#[test]
fn an_edge_switches_an_output_at_once() {
    let chip = Chip::new("leak");
    let site = Site::new(&format!(
        "[[sensor]]\nname = \"leak-probe\"\ndriver = \"gpio\"\npin = \"{}\"\npull = \"up\"\n\
         active_low = true\n\
         [[output]]\nname = \"water-valve\"\npin = \"{}\"\ninitial = true\n",
        chip.pin(27),
        chip.pin(22)
    ));
    site.script(
        "leak",
        r#"watch("leak", edge("leak-probe", "rising"), set("water-valve", false));
           watch("dry", edge("leak-probe", "falling"), set("water-valve", true));"#,
    );
    let agent = site.start();
    agent.says("leak");
    let valve = |open: bool| {
        until(|| (chip.is_high(22) == open).then_some(()), || format!("the valve is never {open}"));
    };
    valve(true);
    let mut took = Vec::new();
    for _ in 0..LEAKS {
        thread::sleep(Duration::from_millis(300));
        chip.pull(27, false);
        let began = Instant::now();
        while chip.is_high(22) {
            assert!(
                began.elapsed() < Duration::from_secs(5),
                "the valve stays open:\n{}",
                agent.log()
            );
            thread::sleep(Duration::from_millis(1));
        }
        took.push(began.elapsed());
        chip.pull(27, true);
        valve(true);
    }
    took.sort();
    // The machine may be busy with something else now and then.
    let usual = took[LEAKS / 2];
    println!("from the edge to the valve: {usual:?}, of {took:?}");
    assert!(usual <= WITHIN, "{took:?}");
}
