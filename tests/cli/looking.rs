//! The verbs that change nothing: `check`, `sensors`, `hosts`, `api`.

use crate::house::House;

#[test]
fn sensors_are_the_same_with_an_agent_and_without_one() {
    let mut house = House::real();
    for with_agent in [false, true] {
        if with_agent {
            house.start();
        }
        let sensors = house.says(&["sensors", "--json"]).ended_with(0).json();
        assert_eq!(sensors[0]["name"], "closet/temperature");
        assert_eq!(sensors[0]["reading"]["value"], 71.5);
        let table = house.says(&["sensors"]).ended_with(0).out;
        assert!(table.starts_with("SENSOR ") && table.contains("71.5 °C"), "{table}");
    }
    assert_eq!(house.stop(), Some(0));
}

#[test]
fn a_sensor_that_is_gone_is_told_and_fails_the_verb() {
    let house = House::real();
    std::fs::remove_file(house.path("temperature")).expect("removed");
    let said = house.says(&["sensors", "--json"]).ended_with(1);
    assert_eq!(said.json()[0]["quality"], "failing");
}

#[test]
fn a_simulated_bus_is_scanned_and_called_so() {
    let said = House::simulated().says(&["sensors", "--scan"]).ended_with(0);
    assert!(said.err.contains("simulated"), "{}", said.err);
    assert!(said.out.contains("[[sensor]]") && said.out.contains("mcp9808"), "{}", said.out);
}

#[test]
fn the_doctor_of_a_simulated_board_has_nothing_to_do() {
    let house = House::simulated();
    for subject in [&["doctor"][..], &["doctor", "i2c"], &["doctor", "gpio", "--json"]] {
        let said = house.says(subject).ended_with(0);
        assert!(said.err.contains("simulated"), "{}", said.err);
    }
    // The devices are real all the same, and here are none.
    let said = house.says(&["doctor", "alexa"]).ended_with(1);
    assert!(said.out.contains("[alexa]"), "{}", said.out);
}

#[test]
fn hosts_are_listed_with_what_is_up() {
    let mut house = House::simulated();
    for with_agent in [false, true] {
        if with_agent {
            house.start();
        }
        let hosts = house.says(&["hosts", "--json"]).ended_with(0).json();
        let foo = hosts.as_array().expect("a list").iter().find(|host| host["name"] == "foo");
        assert_eq!(foo.expect("foo is listed")["up"], true);
        let table = house.says(&["hosts"]).ended_with(0).out;
        assert!(table.contains("✔ up"), "{table}");
    }
    let said = house.says(&["hosts", "add", "fooo"]).ended_with(1);
    assert!(said.err.contains("did you mean `foo`?"), "{}", said.err);
}

#[test]
fn a_good_site_is_checked_with_its_next_firings() {
    let house = House::real();
    let said = house.says(&["check", "--json"]).ended_with(0).json();
    assert_eq!(said["ok"], true);
    assert_eq!(said["scripts"][0]["watches"][0]["name"], "heat");
    let text = house.says(&["check"]).ended_with(0).out;
    assert!(text.contains("every_day(\"22:30\")"), "{text}");
    assert!(!house.path("watchpost.db").exists(), "a check leaves nothing behind");
}

#[test]
fn mistakes_anywhere_fail_the_check() {
    let house = House::real();
    house.write("scripts/closet.rhai", "watch(\"a\", every_day(25), pretty(\"x\"));\n");
    house.says(&["check"]).ended_with(1);
    house.write("watchpost.toml", "[bord]\n");
    let said = house.says(&["check", "--json"]).ended_with(1).json();
    assert_eq!(said["site"][0]["line"], 1);
    let said = house.says(&["sensors"]).ended_with(1);
    assert!(said.err.contains("bord"), "{}", said.err);
}

#[test]
fn a_secret_that_is_nowhere_is_warned_of() {
    let house = House::real();
    let mut site = std::fs::read_to_string(house.path("watchpost.toml")).expect("a site");
    site.push_str("[notify]\nurl = \"https://ntfy.example/x\"\ntoken = { secret = \"phone\" }\n");
    house.write("watchpost.toml", &site);
    let said = house.says(&["check", "--json"]).ended_with(0).json();
    assert_eq!(said["site"][0]["severity"], "warning");
    assert!(said["site"][0]["message"].as_str().expect("words").contains("phone"), "{said}");
}

#[test]
fn the_vocabulary_and_the_completions_are_printed() {
    let house = House::real();
    let words = house.says(&["api", "--json"]).ended_with(0).json();
    assert!(words.as_array().expect("a list").len() > 30);
    assert!(house.says(&["completions", "bash"]).ended_with(0).out.contains("rehearse"));
}
