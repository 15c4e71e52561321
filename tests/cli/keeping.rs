//! The verbs about what is kept: `journal`, `pause`, `resume`, `backup`, `restore`.

use std::fs;

use crate::house::House;

#[test]
fn the_journal_tells_what_ran_and_what_it_saw() {
    let mut house = House::real();
    house.says(&["journal"]).ended_with(1);
    house.says(&["fire", "heat"]).ended_with(0);
    for with_agent in [false, true] {
        if with_agent {
            house.start();
        }
        let entries = house.says(&["journal", "heat", "--json"]).ended_with(0).json();
        assert_eq!(entries[0]["event"], "fired");
        let text = house.says(&["journal", "heat", "--since", "1h"]).ended_with(0).out;
        assert!(text.contains("closet/heat  fired: by hand"), "{text}");
        assert!(text.contains("saw closet/temperature 71.5 °C"), "{text}");
        assert_eq!(house.says(&["journal", "nobody"]).ended_with(0).out, "");
    }
}

#[test]
fn a_pause_holds_over_the_start_of_the_agent() {
    let mut house = House::real();
    let said = house.says(&["pause", "heat"]).ended_with(0).out;
    assert!(said.contains("when the agent starts"), "{said}");
    house.start();
    house.says(&["resume", "heat"]).ended_with(0);
    house.says(&["pause", "heat"]).ended_with(0);
    let entries = house.says(&["journal", "heat", "--json"]).ended_with(0).json();
    assert_eq!(entries[1]["event"], "paused", "{entries}");
    assert_eq!(house.stop(), Some(0));
    house.says(&["resume", "heat"]).ended_with(0);
}

#[test]
fn a_critical_watch_is_never_paused() {
    let mut house = House::real();
    house.says(&["pause", "vital"]).ended_with(1);
    house.start();
    house.says(&["pause", "vital"]).ended_with(1);
}

#[test]
fn a_backup_brings_everything_back() {
    let mut house = House::real();
    house.start();
    house.says(&["fire", "heat"]).ended_with(0);
    house.says(&["backup", "kept"]).ended_with(0);
    house.says(&["backup", "kept"]).ended_with(1);
    let said = house.says(&["restore", "kept", "--yes"]).ended_with(1).err;
    assert!(said.contains("the agent is running"), "{said}");
    assert_eq!(house.stop(), Some(0));

    let said = house.says(&["restore", "kept"]).ended_with(1).err;
    assert!(said.contains("--yes"), "{said}");
    for lost in ["watchpost.db", "watchpost.toml", "scripts/closet.rhai"] {
        fs::remove_file(house.path(lost)).expect("it was there");
    }
    house.says(&["restore", "kept", "--yes"]).ended_with(0);
    house.says(&["check"]).ended_with(0);
    let entries = house.says(&["journal", "heat", "--json"]).ended_with(0).json();
    assert_eq!(entries[0]["event"], "fired");
}

#[test]
fn a_restore_writes_over_no_script() {
    let house = House::real();
    house.says(&["fire", "heat"]).ended_with(0);
    house.says(&["backup", "kept"]).ended_with(0);
    house.write("scripts/closet.rhai", "// mine\n");
    house.says(&["restore", "kept", "--yes"]).ended_with(0);
    let read = |name: &str| fs::read_to_string(house.path(name)).expect("a file");
    assert_eq!(read("scripts/closet.rhai"), "// mine\n");
    assert!(read("scripts/closet.rhai.restored").contains("heat"));
}

#[test]
fn what_is_no_backup_is_refused() {
    let house = House::real();
    house.write("kept", "no database\n");
    let said = house.says(&["restore", "kept", "--yes"]).ended_with(1).err;
    assert!(said.contains("kept"), "{said}");
    assert!(!house.path("watchpost.db").exists());
}
