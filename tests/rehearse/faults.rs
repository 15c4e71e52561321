//! Every fault that a scenario file can schedule.

use crate::rehearsed;

/// A cellar, and every fault there is.
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
