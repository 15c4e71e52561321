//! A year of six of the example scripts with ten sensors at a reading a minute: 5 million readings.
//! Run it with `cargo bench --bench year`; `--days 30` for a shorter one. It fails when it takes 10 s
//! or 100 MB.

use std::{
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use watchpost::{
    agent::examples,
    config::Site,
    rehearse::{Ledger, Look, Rehearsal, Scenario, Senses, Style},
};

/// The examples that do something by themselves in a closet in which no probe gets wet.
const SCRIPTS: [&str; 6] =
    ["closet-heat", "night-updates", "open-ports", "plex-evening", "solar-mining", "spot"];

fn main() -> ExitCode {
    let days = std::env::args().skip_while(|argument| argument != "--days").nth(1);
    let days: i64 = days.and_then(|days| days.parse().ok()).unwrap_or(365);
    let mut scenario = Scenario::closet();
    let pattern = scenario.sensors[4].clone();
    for (name, quantity) in
        [("room/surroundings", "room.closet.surroundings"), ("foo/power", "host.foo.power")]
    {
        let mut sensor = pattern.clone();
        name.clone_into(&mut sensor.name);
        quantity.clone_into(&mut sensor.quantity);
        let path = format!("/simulated/{name}");
        sensor.options.insert("path".to_owned(), toml::Value::from(path));
        scenario.sensors.push(sensor);
    }
    for sensor in &mut scenario.sensors {
        sensor.every = "1m".to_owned().try_into().expect("a length of time");
    }
    let site = scenario.take_in(Site::simulated(Path::new(".")));
    let mut scripts = examples::sources(Path::new("."));
    scripts.retain(|script| SCRIPTS.contains(&script.name.as_ref()));
    assert_eq!((scripts.len(), scenario.sensors.len()), (SCRIPTS.len(), 10));
    let (start, zone) = (scenario.start(), site.timezone);
    let end = start + TimeDelta::days(days);
    let rehearsal =
        Rehearsal { site, scenario, scripts, start, end, senses: Senses::Closet, traced: false };
    let ledger = Ledger::new(std::io::sink(), zone, Look::Text(Style::Plain));
    let outcome = match rehearsal.run(Arc::new(Mutex::new(ledger))) {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (seconds, megabytes) = (outcome.took.as_secs_f64(), peak_memory());
    println!(
        "{days} days, {} readings: {seconds:.2} s, {:.2} µs a reading, {:.0} simulated seconds \
         per second, at most {megabytes:.0} MB",
        outcome.readings,
        seconds * 1e6 / outcome.readings as f64,
        days as f64 * 86_400.0 / seconds,
    );
    let fine = outcome.took < Duration::from_secs(10) && megabytes < 100.0;
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// MB of this process at its largest, by proc(5).
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1e3
}
