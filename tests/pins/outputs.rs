//! Outputs over an agent's lives.

use std::process::Command;

use crate::{agent::Site, bench::Chip, patience::until};

#[test]
fn a_killed_agent_leaves_its_outputs_safe_after_the_restart() {
    let chip = Chip::new("heater");
    // Wired so that a line that nobody drives means on: the dangerous way round.
    let site = Site::new(&format!(
        "[[output]]\nname = \"heater\"\npin = \"{}\"\nactive_low = true\nmax_on = \"1h\"\n",
        chip.pin(5)
    ));
    site.script("heat", r#"watch("heat", every_day(3), set("heater", true));"#);
    let is = |high: bool, when: &str| {
        until(|| (chip.is_high(5) == high).then_some(()), || format!("{when}: not so"));
    };
    let agent = site.start();
    is(true, "safe at start");
    agent.fire("heat");
    is(false, "switched on");
    agent.kill();
    is(false, "nobody drives it");
    let agent = site.start();
    is(true, "safe again");
    drop(agent);
}

#[test]
fn a_pulse_ends_and_two_that_exclude_each_other_are_never_on_together() {
    let chip = Chip::new("gate");
    let site = Site::new(&format!(
        "[[output]]\nname = \"up\"\npin = \"{}\"\ninterlock = [\"down\"]\n\
         [[output]]\nname = \"down\"\npin = \"{}\"\n",
        chip.pin(1),
        chip.pin(2)
    ));
    site.script(
        "gate",
        r#"watch("raise", every_day(3), pulse("up", "1500ms"));
           watch("lower", every_day(3), set("down", true));"#,
    );
    let agent = site.start();
    agent.says("gate");
    agent.fire("raise");
    assert!(chip.is_high(1));
    let refused = agent.fire("lower").to_string();
    assert!(refused.contains("up is on, and the two must never be on together"), "{refused}");
    assert!(!chip.is_high(2));
    until(|| (!chip.is_high(1)).then_some(()), || "the pulse never ends".into());
    agent.fire("lower");
    assert!(chip.is_high(2));
}

#[test]
fn a_paused_watch_and_an_orderly_end_leave_outputs_safe() {
    let chip = Chip::new("pump");
    let site = Site::new(&format!(
        "[[output]]\nname = \"pump\"\npin = \"{}\"\nactive_low = true\n",
        chip.pin(3)
    ));
    site.script("garden", r#"watch("water", every_day(3), set("pump", true));"#);
    let agent = site.start();
    agent.says("garden");
    agent.fire("water");
    assert!(!chip.is_high(3));
    let paused = Command::new(env!("CARGO_BIN_EXE_watchpost"))
        .args(["--config", "watchpost.toml", "pause", "water"])
        .current_dir(site.path(""))
        .status()
        .unwrap();
    assert!(paused.success());
    until(|| chip.is_high(3).then_some(()), || "the pump is still on".into());
}
