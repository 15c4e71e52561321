use super::*;
use crate::{
    journal::Event,
    plan::{Report, Row},
    rehearse::{Summary, testing::*},
    sensor::Fault,
};

/// Two runs that overlap, a quiet one, a fault over midnight.
fn night() -> Vec<Entry> {
    let hot = "closet/temperature 71.3 °C, above 70 °C";
    let saw = vec![("closet/temperature".to_owned(), "66.2 °C".to_owned())];
    vec![
        entry("2026-07-15T11:55:00Z", "", Event::Loaded { watches: 2, switches: 0 }),
        fired("2026-07-15T12:00:00Z", "power-check", 1, "once an hour"),
        of_run(1, did("2026-07-15T12:00:00Z", "power-check", "coin-1", "start", false)),
        of_run(1, ended("2026-07-15T12:00:00Z", "power-check", Report::default(), saw.clone())),
        fired("2026-07-15T12:05:10Z", "closet-heat", 2, hot),
        fired("2026-07-15T12:05:20Z", "power-check", 3, "once an hour"),
        of_run(2, did("2026-07-15T12:05:52Z", "closet-heat", "foo", "stop", true)),
        of_run(3, did("2026-07-15T12:05:53Z", "power-check", "coin-1", "start", true)),
        of_run(2, failed("2026-07-15T12:05:54Z", "closet-heat", "bar", "unreachable")),
        of_run(2, did("2026-07-15T12:05:54Z", "closet-heat", "big-iron", "stop", false)),
        of_run(2, told("2026-07-15T12:05:54Z", "closet-heat", "email", "too hot, 1 of 3 failed")),
        of_run(3, ended("2026-07-15T12:05:54Z", "power-check", Report::default(), saw)),
        entry(
            "2026-07-15T13:00:00Z",
            "power-check",
            Event::Skipped { reason: "still running".into() },
        ),
        entry(
            "2026-07-15T23:10:00Z",
            "",
            Event::Fault {
                sensor: "closet/temperature".to_owned(),
                fault: Fault::Stale { age_s: 70, max_age_s: 60 },
            },
        ),
        of_run(
            4,
            entry(
                "2026-07-15T23:30:00Z",
                "closet-heat",
                Event::Failed { message: "closet/temperature is stale\n  at line 5".to_owned() },
            ),
        ),
        entry(
            "2026-07-15T23:40:00Z",
            "",
            Event::Recovered { sensor: "closet/temperature".into(), value: "61.2 °C".into() },
        ),
    ]
}

#[test]
fn it_reads_by_day_and_run() {
    insta::assert_snapshot!(timeline(&night(), crate::clock::berlin(), Style::Plain));
}

#[test]
fn colour_is_all_that_style_changes() {
    let colour = timeline(&night(), crate::clock::berlin(), Style::Colour);
    let mut plain = colour.clone();
    for code in ["0", "1", "2", "31", "32"] {
        plain = plain.replace(&format!("\x1b[{code}m"), "");
    }
    let plain: String = plain.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_ne!(colour, plain);
    assert_eq!(plain, timeline(&night(), crate::clock::berlin(), Style::Plain));
}

#[test]
fn a_run_that_only_speaks_to_the_terminal_is_shown() {
    let entries = [
        fired("2026-07-15T12:00:00Z", "cool", 1, "closet/temperature 59.9 °C, below 60 °C"),
        of_run(1, told("2026-07-15T12:00:00Z", "cool", "pretty", "closet is cool again")),
    ];
    assert!(
        timeline(&entries, crate::clock::Zone::UTC, Style::Plain).contains("closet is cool again")
    );
}

#[test]
fn a_run_that_goes_on_after_a_restart_is_told_in_two_parts() {
    let power = |at: &str, text: &str| entry(at, "", Event::Note { text: text.to_owned() });
    let entries = [
        fired("2026-07-15T12:17:30Z", "heat", 1, "hot"),
        of_run(1, did("2026-07-15T12:17:42Z", "heat", "foo", "hold_off", true)),
        power("2026-07-15T12:18:00Z", "the power fails"),
        power("2026-07-15T12:23:00Z", "the power is back"),
        fired("2026-07-15T12:23:00Z", "heat", 1, "hot (going on after a restart)"),
        of_run(1, did("2026-07-15T12:23:50Z", "heat", "bar", "hold_off", true)),
        of_run(1, ended("2026-07-15T12:23:50Z", "heat", Report::default(), Vec::new())),
    ];
    insta::assert_snapshot!(timeline(&entries, crate::clock::Zone::UTC, Style::Plain), @r#"
    Wednesday, 15 July 2026
      12:17:30  heat   fired: hot
                       ✔ foo held off (42 s)
      12:18:00  agent  the power fails
      12:23:00  agent  the power is back
      12:23:00  heat   fired: hot (going on after a restart)
                       ✔ bar held off (42 s)
    "#);
    assert_eq!(Summary::of(&entries, None).watches[0].fired, 1);
}

#[test]
fn trouble_that_repeats_itself_is_told_once_a_day() {
    let skipped = |hour: u32| {
        let event = Event::Skipped { reason: "paused".into() };
        entry(&format!("2026-07-{:02}T{:02}:00:00Z", 15 + hour / 24, hour % 24), "w", event)
    };
    let entries: Vec<Entry> = (20..26).map(skipped).collect();
    insta::assert_snapshot!(timeline(&entries, crate::clock::Zone::UTC, Style::Plain), @r#"
    Wednesday, 15 July 2026
      20:00:00  w  skipped: paused
                the same again: w 3 times

    Thursday, 16 July 2026
      00:00:00  w  skipped: paused
                the same again: w once
    "#);
}

#[test]
fn an_empty_journal_is_an_empty_text() {
    assert_eq!(timeline(&[], crate::clock::Zone::UTC, Style::Plain), "");
}

#[test]
fn a_failed_row_without_words_names_its_code() {
    let row =
        Row { verb: "shell".into(), host: Some("foo".into()), code: Some(3), ..Row::default() };
    let entries = [entry("2026-07-15T12:00:00Z", "w", Event::Did { row })];
    let text = timeline(&entries, crate::clock::Zone::UTC, Style::Plain);
    assert!(text.contains("✘ foo: shell ended with code 3"), "{text}");
}
