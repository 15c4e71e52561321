//! An S0 meter: edges become watts and kilowatt-hours.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::{
    agent::{Agent, Site},
    bench::Chip,
    patience::until,
};

const PULSES: u32 = 11;

fn measured(agent: &Agent, sensor: &str) -> Option<f64> {
    agent.ask(&watchpost::control::Request::Sensors).iter().find_map(|each| {
        let is_it = each["name"] == sensor && each["fault"].is_null();
        is_it.then(|| each["reading"]["value"].as_f64()).flatten()
    })
}

fn reaches(agent: &Agent, sensor: &str, wanted: impl Fn(f64) -> bool) -> f64 {
    let value = || measured(agent, sensor);
    until(|| value().filter(|it| wanted(*it)), || format!("{sensor} stays {:?}", value()))
}

#[test]
fn pulses_become_watts_and_kilowatt_hours_and_the_count_goes_on_after_a_kill() {
    let chip = Chip::new("meter");
    let sensor = |name: &str, measure: &str| {
        format!(
            "[[sensor]]\nname = \"{name}\"\ndriver = \"pulse\"\npin = \"{}\"\nevery = \"500ms\"\n\
             measure = \"{measure}\"\npulses_per_kwh = 1000\n",
            chip.pin(17)
        )
    };
    // All count the pulses of one line; what one of them shows is too coarse to go on from.
    let site = Site::new(
        &[
            sensor("solar/power", "power"),
            sensor("solar/energy", "energy"),
            sensor("solar/rounded", "energy") + "round = 2\n",
        ]
        .concat(),
    );
    let agent = site.start();
    assert_eq!(reaches(&agent, "solar/energy", |_| true), 0.0);
    reaches(&agent, "solar/power", |_| true);

    chip.pulses(17, PULSES, Duration::from_millis(100));
    let kwh = f64::from(PULSES) / 1000.0;
    reaches(&agent, "solar/energy", |value| (value - kwh).abs() < 1e-9);
    reaches(&agent, "solar/rounded", |value| value == 0.01);
    // Ten a second are 36 kW; a busy machine pulls the line later than it means to.
    let history = until(
        || {
            let values = highest(&agent);
            values.filter(|watts| *watts > 1000.0)
        },
        || "no power was measured".into(),
    );
    assert!((9_000.0..=37_000.0).contains(&history), "{history} W");

    agent.kill();
    let agent = site.start();
    reaches(&agent, "solar/energy", |value| (value - kwh).abs() < 1e-9);
    chip.pulses(17, 4, Duration::from_millis(100));
    reaches(&agent, "solar/energy", |value| (value - kwh - 0.004).abs() < 1e-9);
    reaches(&agent, "solar/rounded", |value| value == 0.02);
}

#[test]
fn what_came_after_the_last_turn_is_counted_at_an_orderly_end() {
    let chip = Chip::new("meter");
    let site = Site::new(&format!(
        "[[sensor]]\nname = \"energy\"\ndriver = \"pulse\"\npin = \"{}\"\nmeasure = \"energy\"\n\
         every = \"1h\"\nmax_age = \"3h\"\n",
        chip.pin(17)
    ));
    let mut agent = site.start();
    reaches(&agent, "energy", |value| value == 0.0);
    chip.pulses(17, 5, Duration::from_millis(100));
    agent.signal(Signal::SIGTERM);
    assert!(agent.ended().success());
    let agent = site.start();
    reaches(&agent, "energy", |value| value == 0.005);
}

/// The highest power of the last minute, as a script sees it.
fn highest(agent: &Agent) -> Option<f64> {
    let expression = "maximum(\"solar/power\", \"1m\")".to_owned();
    let said = agent.try_ask(&watchpost::control::Request::Eval { expression, session: None })?;
    said.first()?["text"].as_str()?.parse().ok()
}
