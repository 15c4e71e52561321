use chrono::TimeDelta;

use super::*;
use crate::rehearse::{Scenario, Style, testing::*};

fn afternoon() -> Vec<Entry> {
    vec![
        fired("2026-07-15T12:05:10Z", "closet-heat", 1, "too hot"),
        of_run(1, did("2026-07-15T12:05:52Z", "closet-heat", "foo", "hold_off", true)),
        of_run(1, did("2026-07-15T12:05:52Z", "closet-heat", "big-iron", "hold_off", false)),
        of_run(1, failed("2026-07-15T12:05:54Z", "closet-heat", "bar", "unreachable")),
        of_run(1, told("2026-07-15T12:05:54Z", "closet-heat", "email", "too hot")),
        fired("2026-07-15T12:25:00Z", "closet-heat", 2, "cool again"),
        of_run(2, did("2026-07-15T12:26:10Z", "closet-heat", "foo", "release", true)),
        fired("2026-07-15T13:00:00Z", "power-check", 3, "once an hour"),
        of_run(3, did("2026-07-15T13:00:00Z", "power-check", "foo", "stop", true)),
        entry("2026-07-15T13:01:00Z", "power-check", Event::Skipped { reason: "busy".into() }),
    ]
}

#[test]
fn it_reads_well() {
    let mut closet = Closet::new(&Scenario::closet());
    closet.advance(closet.now() + TimeDelta::days(1));
    let summary = Summary::of(&afternoon(), Some(&closet));
    insta::assert_snapshot!(summary.text(crate::clock::berlin(), Style::Plain));
}

#[test]
fn a_release_undoes_its_hold_and_a_quick_one_is_a_flap() {
    let summary = Summary::of(&afternoon(), None);
    let foo = summary.hosts.iter().find(|host| host.host == "foo").unwrap();
    assert_eq!((foo.starts, foo.stops), (1, 2));
    let minutes: Vec<f64> = summary.flaps.iter().map(|flap| flap.minutes.round()).collect();
    assert_eq!(minutes, [20.0], "the stop after 34 minutes is none");
}

#[test]
fn what_did_not_change_or_failed_is_no_switch() {
    let summary = Summary::of(&afternoon(), None);
    assert!(summary.hosts.iter().all(|host| host.host == "foo"));
    assert_eq!(summary.watches[0].failures, 1);
}

#[test]
fn it_has_a_form_for_programs() {
    let json = serde_json::to_value(Summary::of(&afternoon(), None)).unwrap();
    assert_eq!(json["mails"], 1);
    assert_eq!(json["watches"][1]["skipped"], 1);
    assert_eq!(json["flaps"][0]["at"], "2026-07-15T12:26:10Z");
}
