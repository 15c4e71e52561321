use proptest::prelude::*;

use super::*;
use crate::{config::FilterSettings, sensor::testing::settings};

fn smoothing(text: &str) -> Result<Filter, OptionError> {
    let mut settings = settings("x");
    settings.smooth = Some(text.into());
    Filter::new(&settings)
}

fn filtering(filters: FilterSettings) -> Filter {
    let mut settings = settings("x");
    settings.filters = filters;
    Filter::new(&settings).unwrap()
}

/// One reading a second.
fn settled(filter: &mut Filter, numbers: &[f64]) -> Vec<f64> {
    let seconds = (1..).map(Duration::from_secs);
    let each = numbers.iter().zip(seconds);
    each.map(|(number, now)| filter.settle(Value::Number(*number), now).as_f64()).collect()
}

#[test]
fn multiply_comes_before_offset_and_that_before_calibrate() {
    let mut settings = settings("x");
    (settings.scale, settings.offset) = (0.001, -2.0);
    let filter = Filter::new(&settings).unwrap();
    assert_eq!(filter.calibrate(Value::Number(48_000.0)), Value::Number(46.0));
    assert_eq!(filter.calibrate(Value::Switch(true)), Value::Switch(true));
    settings.filters.calibrate = vec![(0.0, 1.0), (46.0, 93.0)];
    let filter = Filter::new(&settings).unwrap();
    assert_eq!(filter.calibrate(Value::Number(48_000.0)), Value::Number(93.0));
    settings.scale = 0.0;
    let error = Filter::new(&settings).unwrap_err();
    assert_eq!(error.0[0].key.as_deref(), Some("scale"), "{error}");
}

#[test]
fn calibration_goes_through_its_points_and_on_beyond_them() {
    let calibrate = vec![(0.0, 0.0), (10.0, 20.0), (20.0, 30.0)];
    let filter = filtering(FilterSettings { calibrate, ..FilterSettings::default() });
    for (shown, real) in
        [(0.0, 0.0), (5.0, 10.0), (10.0, 20.0), (15.0, 25.0), (-1.0, -2.0), (30.0, 40.0)]
    {
        assert_eq!(filter.calibrate(Value::Number(shown)), Value::Number(real), "{shown}");
    }
}

#[test]
fn a_median_ignores_a_spike_and_a_mean_spreads_it() {
    let smoothed = |text, numbers: &[f64]| settled(&mut smoothing(text).unwrap(), numbers);
    assert_eq!(smoothed("median 3", &[1.0, 3.0, 100.0, 2.0]), [1.0, 2.0, 3.0, 3.0]);
    assert_eq!(smoothed(" mean  2 ", &[1.0, 3.0, 5.0]), [1.0, 2.0, 4.0]);
}

#[test]
fn a_slope_limit_follows_slowly_and_rounding_comes_last() {
    let filters =
        FilterSettings { slope_limit: Some(0.25), round: Some(1), ..FilterSettings::default() };
    let mut filter = filtering(filters);
    assert_eq!(settled(&mut filter, &[10.0, 20.0, 20.0, 0.0]), [10.0, 10.3, 10.5, 10.3]);
}

#[test]
fn after_a_gap_it_begins_anew() {
    let mut filter = smoothing("mean 5").unwrap();
    settled(&mut filter, &[10.0]);
    filter.reset();
    assert_eq!(settled(&mut filter, &[20.0]), [20.0]);
}

#[test]
fn small_changes_are_confirmed_until_the_heartbeat() {
    let filters = FilterSettings {
        delta: Some(0.5),
        heartbeat: Some(Duration::from_secs(60)),
        ..FilterSettings::default()
    };
    let mut filter = filtering(filters);
    let mut weigh =
        |number, second| filter.weigh(Value::Number(number), Duration::from_secs(second));
    for (number, second, worth) in [
        (20.0, 0, Worth::Publish),
        (20.4, 10, Worth::Confirm),
        // Small steps add up.
        (20.5, 20, Worth::Publish),
        (20.1, 79, Worth::Confirm),
        (20.1, 80, Worth::Publish),
    ] {
        assert_eq!(weigh(number, second), worth, "{number} after {second} s");
    }
    filter.reset();
    assert_eq!(filter.weigh(Value::Number(20.1), Duration::from_secs(81)), Worth::Publish);
}

#[test]
fn a_heartbeat_alone_lets_every_change_through() {
    let heartbeat = Some(Duration::from_secs(60));
    let mut filter = filtering(FilterSettings { heartbeat, ..FilterSettings::default() });
    let switch = |on| Value::Switch(on);
    assert_eq!(filter.weigh(switch(true), Duration::from_secs(0)), Worth::Publish);
    assert_eq!(filter.weigh(switch(true), Duration::from_secs(1)), Worth::Confirm);
    assert_eq!(filter.weigh(switch(false), Duration::from_secs(2)), Worth::Publish);
}

#[test]
fn what_is_not_known_is_told_with_what_is() {
    for text in ["", "median", "median five", "mode 5", "mean 1", "mean 1001", "mean -5"] {
        let error = smoothing(text).unwrap_err();
        assert_eq!(error.0[0].key.as_deref(), Some("smooth"), "{error}");
        assert!(error.to_string().contains("write `median 5`"), "{error}");
    }
}

proptest! {
    #[test]
    fn stays_between_the_extremes(
        numbers in prop::collection::vec(-1e6..1e6f64, 1..50),
        count in 2usize..10,
        mean: bool,
        slope in prop::option::of(0.001..1e6f64),
    ) {
        let mut settings = settings("x");
        settings.smooth = Some(format!("{} {count}", if mean { "mean" } else { "median" }));
        settings.filters.slope_limit = slope;
        let all = settled(&mut Filter::new(&settings).unwrap(), &numbers);
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert!(all.iter().all(|each| low - 1e-6 <= *each && *each <= high + 1e-6));
    }

    #[test]
    fn no_number_is_made_out_of_none(number: f64, digits in 0u8..=9) {
        let rounded = round(number, digits);
        prop_assert_eq!(rounded.is_finite(), number.is_finite());
    }
}
