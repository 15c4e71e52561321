use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::rehearse::scenario::{FaultPlan, FaultWhat, Span};

const TEMPERATURE: &str = "room.closet.temperature";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn temperature(closet: &Closet) -> f64 {
    closet.quantity(TEMPERATURE).unwrap()
}

/// A dark room at a constant 20 °C with one host of 300 W, and what a test adds to it.
fn cellar(more: &str) -> Closet {
    let text = format!(
        r#"
        [place]
        timezone = "UTC"
        latitude = 52.5
        longitude = 0.0
        start = 2026-01-01T00:00:00
        [mains]
        price = 0.5
        [[rooms]]
        name = "closet"
        coolest = 20.0
        warmest = 20.0
        heat_capacity = 36000.0
        leak = 10.0
        [[hosts]]
        name = "foo"
        room = "closet"
        idle_watts = 300.0
        busy_watts = 300.0
        boot = "1m"
        shutdown = "20s"
        running = true
        [[hosts]]
        name = "guest"
        on = "foo"
        idle_watts = 0.0
        busy_watts = 0.0
        [[sensors]]
        name = "thermometer"
        quantity = "room.closet.temperature"
        driver = "mcp9808"
        every = "10s"
        {more}
        "#
    );
    Closet::new(&Scenario::parse(&text).unwrap())
}

fn after(closet: &Closet, seconds: i64) -> DateTime<Utc> {
    closet.now() + TimeDelta::seconds(seconds)
}

#[test]
fn it_settles_where_the_leak_carries_the_hosts_heat() {
    let mut closet = cellar("");
    closet.advance(after(&closet, 86_400));
    assert!((temperature(&closet) - 50.0).abs() < 1e-6);
}

#[test]
fn it_cools_along_the_exponential_once_the_host_is_off() {
    let mut closet = cellar("");
    closet.advance(after(&closet, 86_400));
    let now = closet.now();
    assert_eq!(closet.stop("foo", now), Ok(true));
    closet.advance(after(&closet, 20 + 3_600));
    assert_eq!(closet.state("foo"), Some(MachineState::Off));
    let expected = 20.0 + 30.0 * (-1.0f64).exp();
    assert!((temperature(&closet) - expected).abs() < 1e-6);
}

#[test]
fn a_host_takes_its_time_to_boot_and_says_whether_it_changed() {
    let mut closet = cellar("");
    let now = closet.now();
    assert_eq!(closet.start("foo", now), Ok(false));
    closet.stop("foo", now).unwrap();
    closet.advance(after(&closet, 30));
    let now = closet.now();
    assert_eq!(closet.start("foo", now), Ok(true));
    assert_eq!(closet.start("foo", now), Ok(false));
    closet.advance(after(&closet, 59));
    assert!(matches!(closet.state("foo"), Some(MachineState::Booting { .. })));
    closet.advance(after(&closet, 1));
    assert_eq!(closet.state("foo"), Some(MachineState::On));
}

#[test]
fn a_guest_needs_its_base_and_goes_down_with_it() {
    let mut closet = cellar("");
    let now = closet.now();
    closet.start("guest", now).unwrap();
    closet.advance(after(&closet, 60));
    let now = closet.now();
    closet.stop("foo", now).unwrap();
    closet.advance(after(&closet, 20));
    assert_eq!(closet.state("guest"), Some(MachineState::Off));
    let now = closet.now();
    let error = closet.start("guest", now).unwrap_err();
    assert_eq!(error.to_string(), "guest cannot start: foo, on which it runs, is not up");
}

#[test]
fn energy_and_its_price_add_up() {
    let mut closet = cellar("");
    closet.advance(after(&closet, 2 * 3_600));
    let usage = closet.total_usage();
    assert!((usage.wh - 600.0).abs() < 1e-9);
    assert!((usage.cost - 0.3).abs() < 1e-9);
    assert!((usage.hours - 2.0).abs() < 1e-9);
}

#[test]
fn faults_come_and_go() {
    let mut closet = cellar(
        r#"
        [[faults]]
        at = "1h"
        lasts = "10m"
        what = "sensor-gone"
        of = "thermometer"
        [[faults]]
        at = "2h"
        lasts = "10m"
        what = "sensor-stuck"
        of = "thermometer"
        value = 85.0
        [[faults]]
        at = "3h"
        lasts = "10m"
        what = "host-dead"
        of = "foo"
        "#,
    );
    let start = closet.now();
    let mut at = |minutes| {
        closet.advance(start + TimeDelta::minutes(minutes));
        closet.clone()
    };
    assert!(at(59).quantity("thermometer").is_some());
    assert_eq!(at(60).quantity("thermometer"), None);
    assert!(at(70).quantity("thermometer").is_some());
    assert_eq!(at(125).quantity("thermometer"), Some(85.0));
    let mut dead = at(180);
    let now = dead.now();
    assert_eq!(dead.state("foo"), Some(MachineState::Off));
    assert_eq!(dead.start("foo", now), Err(HostError::Away("foo".to_owned())));
    let mut well = at(190);
    let now = well.now();
    assert_eq!(well.start("foo", now), Ok(true));
}

#[test]
fn an_unplugged_chip_takes_all_its_sensors_along() {
    let mut scenario = Scenario::closet();
    scenario.faults = vec![FaultPlan {
        at: Span(std::time::Duration::ZERO),
        lasts: Span(std::time::Duration::from_secs(60)),
        what: FaultWhat::SensorGone,
        of: "solar/power".to_owned(),
        value: None,
        by: None,
    }];
    let closet = Closet::new(&scenario);
    let gone = |name: &str| closet.quantity(name).is_none();
    assert!(gone("solar/power") && gone("solar/voltage") && !gone("closet/temperature"));
}

#[test]
fn a_file_holds_the_value_before_its_scale() {
    let closet = Closet::new(&Scenario::closet());
    let celsius = closet.quantity("cpu/temperature").unwrap();
    let held = closet.quantity("/sys/class/thermal/thermal_zone0/temp").unwrap();
    assert!((held - celsius * 1_000.0).abs() < 1e-6);
}

#[test]
fn a_summer_afternoon_with_the_miners_is_too_hot_and_passes_without_the_iron() {
    let mut closet = Closet::new(&Scenario::closet());
    let hot = (0..24 * 60).find(|minute| {
        closet.advance(closet.scenario().start() + TimeDelta::minutes(*minute));
        temperature(&closet) > 71.0
    });
    assert!(hot.is_some(), "it stayed below: {}", temperature(&closet));
    let now = closet.now();
    for host in ["foo", "bar", "big-iron"] {
        closet.stop(host, now).unwrap();
    }
    closet.advance(now + TimeDelta::minutes(75));
    assert!(temperature(&closet) < 60.0, "{}", temperature(&closet));
}

#[test]
fn the_array_sleeps_at_night_and_summer_beats_winter() {
    let noon = |day: &str| {
        let closet = Closet::starting(&Scenario::closet(), at(&format!("{day}T11:00:00Z")));
        closet.quantity("solar.power").unwrap()
    };
    assert!(noon("2026-07-15") > 3.0 * noon("2026-12-15"));
    let night = Closet::starting(&Scenario::closet(), at("2026-07-15T23:00:00Z"));
    assert_eq!(night.quantity("solar.power"), Some(0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_is_the_same_to_the_bit_however_often_it_is_asked(steps in prop::collection::vec(1i64..4_000, 1..40)) {
        let scenario = Scenario::closet();
        let (mut often, mut once) = (Closet::new(&scenario), Closet::new(&scenario));
        for step in &steps {
            often.advance(after(&often, *step));
        }
        once.advance(often.now());
        for name in ["closet/temperature", "solar/power", "mains.power"] {
            prop_assert_eq!(often.quantity(name), once.quantity(name));
        }
        prop_assert_eq!(often.total_usage(), once.total_usage());
    }

    #[test]
    fn whatever_is_done_to_it_it_stays_sane_and_looking_changes_nothing(
        acts in prop::collection::vec((1i64..3_000, 0usize..11, 0u8..4), 1..60),
    ) {
        let mut scenario = Scenario::closet();
        scenario.hosts[0].failure_probability = 0.5;
        let (mut seen, mut unseen) = (Closet::new(&scenario), Closet::new(&scenario));
        let mut now = seen.now();
        for (seconds, host, act) in acts {
            seen.advance(now + TimeDelta::seconds(seconds / 2));
            now += TimeDelta::seconds(seconds);
            let name = &scenario.hosts[host].name;
            let [a, b] = [&mut seen, &mut unseen].map(|closet| match act {
                0 => closet.start(name, now),
                1 => closet.stop(name, now),
                2 => closet.restart(name, now),
                _ => closet.command(name, "update", now).map(|_| true),
            });
            prop_assert_eq!(a, b);
            let celsius = temperature(&seen);
            prop_assert!((21.0..90.0).contains(&celsius), "{celsius}");
        }
        prop_assert_eq!(temperature(&seen), temperature(&unseen));
        prop_assert_eq!(seen.total_usage(), unseen.total_usage());
    }
}

/// The miners run as the example script lets them: while the sun gives more than 10 kW.
#[test]
fn miners_that_follow_the_sun_overheat_the_first_day_and_rest_on_others() {
    let mut closet = Closet::new(&Scenario::closet());
    let start = closet.now();
    let (mut hottest, mut mined) = ([0.0f64; 7], [false; 7]);
    for hour in 0..7 * 24 {
        let now = start + TimeDelta::hours(hour);
        closet.advance(now);
        let day = hour as usize / 24;
        hottest[day] = hottest[day].max(temperature(&closet));
        let sunny = closet.quantity("solar/power").unwrap() > 10_000.0;
        mined[day] |= sunny;
        for miner in ["coin-1", "coin-2"] {
            if sunny { closet.start(miner, now) } else { closet.stop(miner, now) }.unwrap();
        }
    }
    assert!(hottest[0] > 70.0, "{hottest:?}");
    assert!(mined[0] && mined.contains(&false), "{mined:?}");
    assert!(hottest.iter().any(|celsius| *celsius < 70.0), "{hottest:?}");
}
