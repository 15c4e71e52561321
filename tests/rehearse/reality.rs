//! The same closet lived and rehearsed.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    thread::sleep,
    time::Duration,
};

use chrono::NaiveTime;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::watchpost;

/// A firing: when by the closet's clock, and which watch.
type Firing = (NaiveTime, String);

/// How late the live closet may be: a second of a busy machine is a minute of it.
const LATE_S: i64 = 240;

#[test]
fn a_minute_of_the_live_closet_is_as_rehearsed() {
    compare(Duration::from_secs(62), "13:00");
}

#[test]
#[ignore = "takes ten minutes"]
fn ten_minutes_of_the_live_closet_are_as_rehearsed() {
    compare(Duration::from_secs(605), "22:00");
}

fn compare(real: Duration, until: &str) {
    let until = NaiveTime::parse_from_str(until, "%H:%M").unwrap();
    let (lived, rehearsed) = (live(real), rehearse());
    let rehearsed: Vec<Firing> = rehearsed.into_iter().filter(|(at, _)| *at <= until).collect();
    assert!(!rehearsed.is_empty());
    let mut left = lived.clone();
    for (at, watch) in &rehearsed {
        let same = left
            .iter()
            .position(|(live, name)| name == watch && (*live - *at).num_seconds().abs() <= LATE_S);
        let Some(same) = same else {
            // The last one may have been cut off.
            assert!((until - *at).num_seconds() < LATE_S, "{at} {watch} is not in {lived:?}");
            continue;
        };
        left.remove(same);
    }
    let late = until - chrono::TimeDelta::seconds(LATE_S);
    left.retain(|(at, _)| *at < late);
    assert!(left.is_empty(), "only lived: {left:?}; rehearsed: {rehearsed:?}");
}

fn live(real: Duration) -> Vec<Firing> {
    let folder = tempfile::tempdir().unwrap();
    let mut agent = watchpost(folder.path())
        .args(["run", "--simulated", "--speed", "60"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(agent.stderr.take().unwrap()).lines();
    let reader = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<_>>());
    sleep(real);
    kill(Pid::from_raw(i32::try_from(agent.id()).unwrap()), Signal::SIGTERM).unwrap();
    agent.wait().unwrap();
    firings(reader.join().unwrap().iter().map(String::as_str))
}

fn rehearse() -> Vec<Firing> {
    let folder = tempfile::tempdir().unwrap();
    let run = watchpost(folder.path())
        .args(["rehearse", "--start", "2026-07-15T12:00", "--json"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let entries = told["entries"].as_array().unwrap().iter();
    let today = entries.filter(|entry| entry["event"] == "fired");
    today
        .filter_map(|entry| {
            let at: chrono::DateTime<chrono::Utc> = entry["at"].as_str()?.parse().ok()?;
            let at = at.with_timezone(&"Europe/Berlin".parse::<watchpost::clock::Zone>().unwrap());
            let first_day = at.date_naive().to_string() == "2026-07-15";
            first_day.then(|| (at.time(), entry["watch"].as_str().unwrap_or("").to_owned()))
        })
        .collect()
}

/// `12:17:30  closet-heat  fired: …` and `12:15:00  solar-mining/power-check  fired: …`.
fn firings<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Firing> {
    lines
        .filter_map(|line| {
            let (head, _) = line.split_once("  fired: ")?;
            let (time, name) = head.split_once("  ")?;
            let watch = name.trim().rsplit('/').next()?;
            Some((NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?, watch.to_owned()))
        })
        .collect()
}
