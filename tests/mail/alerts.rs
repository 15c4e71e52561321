//! Alerts over restarts: told once, acknowledged, over.

use watchpost::control::Request;

use super::{agent::Site, office::Office};

fn subjects(office: &Office) -> Vec<String> {
    let mut subjects: Vec<_> = office.by_id().into_values().flatten().collect();
    subjects.sort();
    subjects
}

#[test]
fn an_alert_is_told_once_over_restarts_and_told_to_be_over() {
    let office = Office::open();
    let site = Site::new("");
    site.configure(&(office.section("") + &site.sensor("closet/heat", "heat")));
    site.write("heat", "71.5");
    site.script(
        "heat",
        "watch(\"heat\", every(\"1s\"), || {\n\
            let heat = sensor(\"closet/heat\");\n\
            if heat > 70.0 { run(email(`hot ${heat}`).once_per(\"6h\").recovered(\"cool\")) }\n\
         });",
    );
    for heat in ["71.5", "72.5", "73.5"] {
        site.write("heat", heat);
        let agent = site.start();
        office.await_mails(1);
        agent.await_note("is not told again");
        agent.kill();
    }
    assert_eq!(subjects(&office), ["hot 71.5"]);

    let _agent = site.start();
    site.write("heat", "20");
    office.await_mails(2);
    assert_eq!(subjects(&office), ["cool", "hot 71.5"]);
    // It is over: the next time is news.
    site.write("heat", "80.5");
    office.await_mails(3);
    assert_eq!(subjects(&office), ["cool", "hot 71.5", "hot 80.5"]);
}

#[test]
fn what_somebody_knows_is_not_told_elsewhere() {
    let office = Office::open();
    let site = Site::new(&office.section(""));
    site.script(
        "leak",
        "watch(\"known\", every_day(3), email(\"water\").or_else(\"20s\", email(\"known, and told\")));\n\
         watch(\"unknown\", every_day(3), email(\"fire\").or_else(\"20s\", email(\"anybody?\")));",
    );
    let agent = site.start();
    agent.await_entry("script", |entry| (entry.script == "leak").then_some(()));
    agent.fire("known");
    agent.fire("unknown");
    let known = agent.ask(&Request::Acknowledge { name: "known".into() });
    assert_eq!(known, ["water"]);
    agent.await_note("somebody knows of “water”");
    office.await_mails(3);
    assert_eq!(subjects(&office), ["anybody?", "fire", "water"]);
}
