//! `watchpost rehearse` and `watchpost test`, as the real program.

#[cfg(target_arch = "x86_64")]
mod reach;
mod reality;
#[cfg(target_arch = "x86_64")]
mod tracer;

use std::process::Command;

/// The program, in a folder of its own, where nothing else is.
pub fn watchpost(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchpost"));
    command.current_dir(folder).env_clear();
    command
}

#[test]
fn owners_tests_pass_fail_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    let script = "watch(\"hot\", above(\"closet/temperature\", 70.0), stop(hosts(\"foo\")));";
    std::fs::write(scripts.join("hot.rhai"), script).unwrap();
    let test = "given(\"closet/temperature\", 71.0); advance(\"5m\"); expect(stopped(\"foo\"));";
    std::fs::write(scripts.join("hot.test.rhai"), test).unwrap();
    let passed = watchpost(folder.path()).arg("test").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&passed.stdout), "✔ hot\n1 passed, 0 failed\n");
    assert!(passed.status.success());

    std::fs::write(scripts.join("hot.test.rhai"), test.replace("stopped", "started")).unwrap();
    let failed = watchpost(folder.path()).args(["test", "scripts"]).output().unwrap();
    let said = String::from_utf8_lossy(&failed.stdout);
    assert!(said.contains("expected started(\"foo\")") && said.contains("✔ foo stopped"), "{said}");
    assert!(said.ends_with("0 passed, 1 failed\n"), "{said}");
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn two_versions_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let script = |level: &str| {
        format!("watch(\"hot\", above(\"closet/temperature\", {level}), stop(hosts(\"foo\")));")
    };
    std::fs::write(folder.path().join("old.rhai"), script("60.0")).unwrap();
    std::fs::write(folder.path().join("new.rhai"), script("65.0")).unwrap();
    let run = watchpost(folder.path())
        .args(["rehearse", "--compare", "old.rhai", "new.rhai"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("foo stopped") && said.contains("moved"), "{said}");
    assert!(run.status.success());
}

fn rehearsed(folder: &std::path::Path, arguments: &[&str]) -> String {
    let run = watchpost(folder).arg("rehearse").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    said
}

/// A minute, a cellar, and every fault there is.
const SCENARIO: &str = r#"
[place]
timezone = "UTC"
latitude = 52.5
longitude = 13.4
start = 2026-07-15T00:00:00
[[rooms]]
name = "cellar"
coolest = 15.0
warmest = 15.0
heat_capacity = 36000.0
leak = 10.0
[[hosts]]
name = "foo"
room = "cellar"
idle_watts = 100.0
busy_watts = 100.0
[[sensors]]
name = "cellar/temperature"
quantity = "room.cellar.temperature"
driver = "mcp9808"
every = "10s"
options = { bus = "i2c-1", address = 0x18 }
[[sensors]]
name = "cellar/surroundings"
quantity = "room.cellar.surroundings"
driver = "mqtt"
every = "10s"
[[faults]]
what = "sensor-stuck"
of = "cellar/temperature"
value = 85.0
at = "1h"
lasts = "10m"
[[faults]]
what = "sensor-gone"
of = "cellar/temperature"
at = "2h"
lasts = "10m"
[[faults]]
what = "broker-away"
at = "3h"
lasts = "10m"
[[faults]]
what = "host-dead"
of = "foo"
at = "4h"
lasts = "30m"
[[faults]]
what = "power-cut"
at = "5h"
lasts = "10m"
[[faults]]
what = "clock-jump"
at = "6h"
by = "-30m"
"#;

#[test]
fn every_fault_of_a_scenario_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cellar.toml"), SCENARIO).unwrap();
    let script = "watch(\"hot\", above(\"cellar/temperature\", 70.0), email(\"hot\"));
        watch(\"on\", every_day(\"04:10\"), start(hosts(\"foo\")) | email(\"on\"));";
    std::fs::write(folder.path().join("hot.rhai"), script).unwrap();
    let said = rehearsed(folder.path(), &["--scenario", "cellar.toml", "hot.rhai"]);
    for line in [
        "01:00:00  hot                  fired: cellar/temperature 85 °C, above 70 °C",
        "02:00:00  cellar/temperature   ✘ mcp9808 at 0x18 on i2c-1: no answer",
        "02:10:00  cellar/temperature   ✔ believed again: 15 °C",
        "03:00:00  agent                the broker is away",
        "03:00:51  cellar/surroundings  ✘ stale: last read 61 s ago, `max_age` is 60 s",
        "03:10:00  agent                the broker is back",
        "03:10:00  cellar/surroundings  ✔ believed again: 15",
        "04:10:00  on                   fired: every_day(\"04:10\")",
        "✘ foo: foo does not answer",
        "✉ email \"on (1 of 1 failed)\"",
        "05:00:00  agent                the power fails",
        "05:10:00  agent                the power is back",
        "05:30:00  agent                the wall clock is put back by 30m",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

#[test]
fn the_same_seed_prints_the_same_bytes_and_draws_the_same_picture() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| rehearsed(folder.path(), arguments);
    let text = run(&["--svg", "a.svg"]);
    assert_eq!(text, run(&["--svg", "b.svg"]));
    let [a, b] =
        ["a.svg", "b.svg"].map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
    assert_eq!(a, b);
    // Every sensor has its curve, and the stops are marked.
    for sensor in ["closet/temperature", "solar/power", "mains/price"] {
        assert!(a.contains(sensor), "{sensor}");
    }
    assert!(a.contains("foo, by closet-heat"), "{a:.3000}");
}

#[test]
fn json_has_every_entry_and_the_sum() {
    let folder = tempfile::tempdir().unwrap();
    let told: serde_json::Value =
        serde_json::from_str(&rehearsed(folder.path(), &["--json"])).unwrap();
    let fired =
        |entry: &&serde_json::Value| entry["event"] == "fired" && entry["watch"] == "closet-heat";
    let count = told["entries"].as_array().unwrap().iter().filter(fired).count();
    let watches = told["summary"]["watches"].as_array().unwrap();
    let heat = watches.iter().find(|watch| watch["watch"] == "closet-heat").unwrap();
    assert_eq!(heat["fired"], count);
    assert!(count > 0 && told["summary"]["total"]["wh"].as_f64().unwrap() > 10_000.0, "{told}");
}

#[test]
fn a_csv_takes_the_sensors_place() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..30)
        .map(|minute| format!("2026-07-15T12:{minute:02}:00Z,attic/heat,{}\n", 60 + minute))
        .collect();
    std::fs::write(folder.path().join("attic.csv"), format!("time,sensor,value\n{rows}")).unwrap();
    let script = "watch(\"hot\", above(\"attic/heat\", 80.0), stop(hosts(\"foo\")));";
    std::fs::write(folder.path().join("attic.rhai"), script).unwrap();
    let said = rehearsed(folder.path(), &["--from", "attic.csv", "attic.rhai"]);
    assert!(said.contains("14:21:00  hot    fired: attic/heat 81, above 80"), "{said}");
    assert!(!said.contains("nothing read"), "{said}");
    assert!(said.contains("✔ foo stopped (20 s)"), "{said}");

    let missing =
        watchpost(folder.path()).args(["rehearse", "--from", "none.db"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8_lossy(&missing.stderr);
    assert!(
        said.starts_with("watchpost: the recording none.db cannot be read: No such file"),
        "{said}"
    );
}
