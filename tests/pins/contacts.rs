//! A leak probe that closes a valve.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    agent::{Agent, Site},
    bench::Chip,
    patience::until,
};

/// What the manual promises of every single edge.
const WITHIN: Duration = Duration::from_millis(50);
const EDGES: usize = 20;
/// The host of this kernel may stop it at any moment for as long as it likes; if it does so three
/// times running, it is the agent.
const ROUNDS: usize = 3;

#[test]
fn an_edge_switches_an_output_at_once() {
    let chip = Chip::new("leak");
    // Without `debounce`, which the kernel counts in its own ticks and adds to every edge.
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
    until(|| chip.is_high(22).then_some(()), || "the valve is never open".into());
    let mut worst = Duration::MAX;
    for _ in 0..ROUNDS {
        let mut took: Vec<_> =
            (0..EDGES).map(|edge| switched(&chip, edge % 2 == 0, &agent)).collect();
        took.sort();
        worst = took[EDGES - 1];
        println!("from the edge to the valve: {:?} usually, {worst:?} at most", took[EDGES / 2]);
        if worst <= WITHIN {
            return;
        }
    }
    panic!("{worst:?} from an edge to the valve");
}

/// How long it takes from the probe's edge to the valve's.
fn switched(chip: &Chip, is_wet: bool, agent: &Agent) -> Duration {
    // The run before is over and written down.
    thread::sleep(Duration::from_millis(200));
    chip.pull(27, !is_wet);
    let began = Instant::now();
    while chip.is_high(22) == is_wet {
        assert!(began.elapsed() < Duration::from_secs(5), "it never switches:\n{}", agent.log());
        thread::sleep(Duration::from_millis(1));
    }
    began.elapsed()
}
