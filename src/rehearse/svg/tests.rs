use super::*;
use crate::{
    journal::Event,
    rehearse::{Closet, Scenario, testing::*},
};

/// Two days in the default closet; closet-heat stops the iron on the first, and what it says.
fn two_days() -> (Vec<Series>, Vec<Entry>) {
    let mut closet = Closet::new(&Scenario::closet());
    let start = closet.now();
    let mut series: Vec<Series> = [("closet/temperature", "°C"), ("solar/power", "W")]
        .map(|(name, unit)| Series {
            name: name.to_owned(),
            unit: unit.to_owned(),
            points: Vec::new(),
            max_age: TimeDelta::minutes(30),
        })
        .into();
    let mut entries = Vec::new();
    for minute in (0..2 * 24 * 60).step_by(5) {
        let at = start + TimeDelta::minutes(minute);
        closet.advance(at);
        for verb in ["stop", "start"] {
            if minute != if verb == "stop" { 14 * 60 } else { 16 * 60 } {
                continue;
            }
            for host in ["foo", "bar", "big-iron"] {
                let changed = match verb {
                    "stop" => closet.stop(host, at),
                    _ => closet.start(host, at),
                };
                let time = at.to_rfc3339();
                entries.push(did(&time, "closet-heat", host, verb, changed.unwrap()));
            }
            entries.push(told(&at.to_rfc3339(), "closet-heat", "email", "too <hot> & \"stopped\""));
        }
        // Unplugged for a while in the second night.
        if !(27 * 60..29 * 60).contains(&minute) {
            for series in &mut series {
                series.points.extend(closet.quantity(&series.name).map(|value| (at, value)));
            }
        }
    }
    let time = (start + TimeDelta::hours(40)).to_rfc3339();
    entries.push(failed(&time, "closet-heat", "bar", "unreachable"));
    (series, entries)
}

#[test]
fn a_picture_of_two_days() {
    let (series, entries) = two_days();
    let picture = svg(&series, &entries, crate::clock::berlin());
    assert_eq!(picture.matches("class=\"curve\"").count(), 2);
    assert_eq!(picture.matches("class=\"down\"").count(), 3 + 1);
    assert_eq!(picture.matches("class=\"up\"").count(), 3);
    assert!(picture.contains("email: too &lt;hot&gt; &amp; &quot;stopped&quot;"));
}

#[test]
fn a_silence_is_a_gap() {
    let (series, entries) = two_days();
    let picture = svg(&series[..1], &entries, crate::clock::Zone::UTC);
    let curve = picture.lines().find(|line| line.contains("class=\"curve\"")).unwrap();
    assert_eq!(curve.matches('M').count(), 2);
}

#[test]
fn many_points_make_no_large_picture_and_lose_no_peak() {
    let start = DateTime::UNIX_EPOCH;
    let mut points: Vec<(DateTime<Utc>, f64)> =
        (0..200_000).map(|minute| (start + TimeDelta::minutes(minute), 20.0)).collect();
    points[123_456].1 = 90.0;
    let series = Series {
        name: "t".to_owned(),
        unit: String::new(),
        points,
        max_age: TimeDelta::minutes(5),
    };
    let picture = svg(&[series], &[], crate::clock::Zone::UTC);
    assert!(picture.len() < 60_000, "{}", picture.len());
    assert!(picture.contains(">80</text>"));
}

#[test]
fn nothing_is_an_empty_frame() {
    let note = entry("2026-07-15T12:00:00Z", "", Event::Note { text: "hello".to_owned() });
    for entries in [&[][..], &[note][..]] {
        let picture = svg(&[], entries, crate::clock::Zone::UTC);
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    }
}
