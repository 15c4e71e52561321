//! The verbs that run something: `fire`, `eval`.

use crate::house::House;

/// The test, first without an agent and then with one.
fn both_ways(test: impl Fn(&House)) {
    let mut house = House::real();
    test(&house);
    house.start();
    test(&house);
    assert_eq!(house.stop(), Some(0));
}

#[test]
fn a_watch_is_fired() {
    both_ways(|house| {
        let said = house.says(&["fire", "heat"]).ended_with(0).out;
        // How long it took is only said where it took any time.
        let ended = said.strip_prefix("reply: it is hot\nheat: done");
        let ended = ended.unwrap_or_else(|| panic!("{said}"));
        assert!(ended == "\n" || ended.starts_with(" after ") && ended.ends_with(" s\n"), "{said}");
        let json = house.says(&["fire", "closet/heat", "--json"]).ended_with(0).json();
        assert_eq!((&json["ok"], &json["reply"]), (&true.into(), &"it is hot".into()));
        assert_eq!(json["dry_run"], false);
    });
}

#[test]
fn a_dry_run_says_that_nothing_was_done_and_leaves_no_trace() {
    both_ways(|house| {
        let said = house.says(&["fire", "heat", "--dry-run"]).ended_with(0).out;
        assert!(said.ends_with("dry run: nothing was done\n"), "{said}");
    });
    let house = House::real();
    house.says(&["fire", "heat", "--dry-run"]).ended_with(0);
    assert!(!house.path("watchpost.db").exists());
}

#[test]
fn what_fails_exits_with_one() {
    both_ways(|house| {
        let said = house.says(&["fire", "broken"]).ended_with(1).out;
        assert!(said.contains("scripts/closet.rhai:5:"), "{said}");
        let said = house.says(&["fire", "haet"]).ended_with(1).err;
        assert_eq!(said, "watchpost: no watch is called \"haet\"; did you mean `heat`?\n");
    });
}

#[test]
fn a_host_is_switched_in_the_closet() {
    let house = House::simulated();
    let said = house.says(&["eval", "shell(hosts(\"foo\"), \"uptime\")", "--json"]).ended_with(0);
    assert_eq!(said.json()["rows"][0]["host"], "foo");
}

#[test]
fn an_expression_is_evaluated() {
    both_ways(|house| {
        let said = house.says(&["eval", "sensor(\"closet/temperature\") + 1.0"]).ended_with(0);
        assert_eq!(said.out, "72.5\n");
        let said = house.says(&["eval", "print(\"on the way\"); 3"]).ended_with(0);
        assert_eq!(said.out, "on the way\n3\n");
        let json = house.says(&["eval", "1 + 1", "--json"]).ended_with(0).json();
        assert_eq!(json["text"], "2");
        let said = house.says(&["eval", "sensor(\"closet/temprature\")"]).ended_with(1).err;
        assert!(said.contains("╭─[eval:1:1]"), "{said}");
        assert!(said.contains("did you mean `closet/temperature`?"), "{said}");
    });
}

#[test]
fn the_prompt_keeps_variables_and_waits_for_brackets() {
    both_ways(|house| {
        let lines = "let a = 4;\nif a > 3 {\n  a = a + 1;\n}\nnope()\na * 2\n";
        let said = house.answers(&["eval"], lines).ended_with(0);
        assert_eq!(said.out, "10\n", "{}", said.err);
        assert!(said.err.contains("nope"), "{}", said.err);
    });
}
