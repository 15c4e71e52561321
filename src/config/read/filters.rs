//! The filters of a `[[sensor]]`, in the site file.

use std::time::Duration;

use toml::de::DeValue;

use super::Reader;
use crate::{
    clock::parse_duration,
    config::{
        FilterSettings,
        field::{Field, number},
        section::Section,
    },
};

/// More readings than this would hide a fire.
const MOST_SMOOTHED: u64 = 1000;
const MOST_DIGITS: u64 = 9;
const MOST_POINTS: usize = 100;

const SMOOTH_HELP: &str = "\"median N\" or \"mean N\", over the last N readings, N from 2 to 1000";
const CALIBRATE_HELP: &str =
    "pairs of what the sensor shows and what is true: [[0.4, 0.0], [98.9, 100.0]]";
const SLOPE_HELP: &str = "a number for each second, or \"5 per 1m\"";

impl Reader<'_> {
    pub(super) fn filters(&self, section: &Section<'_>) -> FilterSettings {
        let delta = section.field("delta");
        let heartbeat = section.field("heartbeat");
        FilterSettings {
            calibrate: section.field("calibrate").and_then(|f| calibrate(&f)).unwrap_or_default(),
            slope_limit: section.field("slope_limit").and_then(|field| slope_limit(&field)),
            round: section
                .field("round")
                .and_then(|field| field.whole(0, MOST_DIGITS))
                .and_then(|digits| u8::try_from(digits).ok()),
            delta: delta.and_then(|field| positive(&field)),
            heartbeat: heartbeat.and_then(|field| field.duration()),
        }
    }

    /// `multiply`, or `scale` as it is called, too.
    pub(super) fn multiply(&self, section: &Section<'_>) -> f64 {
        let (scale, multiply) = (section.field("scale"), section.field("multiply"));
        if let (Some(_), Some(second)) = (&scale, &multiply) {
            second.wrong(
                "`multiply` and `scale` are two names of one filter",
                "the second one",
                "keep one of them; the product of both, if both are meant".to_owned(),
            );
        }
        multiply.or(scale).and_then(|field| factor(&field)).unwrap_or(1.0)
    }

    /// `smooth = "median 5"`, or `median = 5`.
    pub(super) fn smooth(&self, section: &Section<'_>) -> Option<String> {
        let (smooth, median) = (section.field("smooth"), section.field("median"));
        if let (Some(_), Some(second)) = (&smooth, &median) {
            second.wrong(
                "`median` and `smooth` exclude each other",
                "the second one",
                "`median = 5` is short for `smooth = \"median 5\"`".to_owned(),
            );
        }
        match median {
            Some(field) => field.whole(2, MOST_SMOOTHED).map(|count| format!("median {count}")),
            None => smooth.and_then(|field| smoothing(&field)),
        }
    }
}

/// `median 5`, `mean 10`.
fn smoothing(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let good = match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["median" | "mean", count] => {
            count.parse().is_ok_and(|count: u64| (2..=MOST_SMOOTHED).contains(&count))
        }
        _ => false,
    };
    if !good {
        field.wrong(format!("`{text}` is no way to smooth"), "not known", SMOOTH_HELP.to_owned());
    }
    good.then(|| text.to_owned())
}

fn factor(field: &Field<'_>) -> Option<f64> {
    let factor = field.number()?;
    if factor == 0.0 {
        let message = format!("`{}` makes every reading 0", field.key);
        field.wrong(message, "must not be 0", None);
        return None;
    }
    Some(factor)
}

fn positive(field: &Field<'_>) -> Option<f64> {
    let number = field.number()?;
    if number <= 0.0 {
        field.wrong(format!("`{}` is {number}", field.key), "must be more than 0", None);
        return None;
    }
    Some(number)
}

/// At least two points, sorted by what the sensor shows.
fn calibrate(field: &Field<'_>) -> Option<Vec<(f64, f64)>> {
    let pair = |item: &DeValue<'_>| match &item.as_array()?.iter().collect::<Vec<_>>()[..] {
        [shown, real] => Some((number(shown.get_ref())?, number(real.get_ref())?)),
        _ => None,
    };
    let points: Option<Vec<_>> = field
        .value
        .get_ref()
        .as_array()
        .and_then(|items| items.iter().map(|item| pair(item.get_ref())).collect());
    let Some(mut points) = points else {
        let message = "`calibrate` takes pairs of numbers";
        field.wrong(message, "not a list of pairs", CALIBRATE_HELP.to_owned());
        return None;
    };
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let twice = points.windows(2).find(|pair| pair[0].0 == pair[1].0);
    if let Some(twice) = twice {
        let shown = twice[0].0;
        field.wrong(format!("`calibrate` says twice what {shown} is"), "not both", None);
        return None;
    }
    if !(2..=MOST_POINTS).contains(&points.len()) {
        let label = "two points or more; for one, there is `offset`";
        field.wrong("`calibrate` needs two points", label, CALIBRATE_HELP.to_owned());
        return None;
    }
    Some(points)
}

/// `0.5`, or `"5 per 1m"`; for each second.
fn slope_limit(field: &Field<'_>) -> Option<f64> {
    let per_second = match field.value.get_ref() {
        DeValue::String(text) => parse_slope(text),
        other => number(other),
    };
    let slope = per_second.filter(|slope| slope.is_finite() && *slope > 0.0);
    if slope.is_none() {
        field.wrong(
            "`slope_limit` is no slope",
            "how much, more than 0, in what time",
            SLOPE_HELP.to_owned(),
        );
    }
    slope
}

fn parse_slope(text: &str) -> Option<f64> {
    let (amount, time) = text.split_once(" per ")?;
    let time = parse_duration(time.trim()).ok().filter(|time| *time > Duration::ZERO)?;
    Some(amount.trim().parse::<f64>().ok()? / time.as_secs_f64())
}
