//! What a rehearsal prints, draws and reads.

use crate::{rehearsed, watchpost};

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
