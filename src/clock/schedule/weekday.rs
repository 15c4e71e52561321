//! Cron's day of the week: 0 or 7 is Sunday, 1 is Monday, names serve too.

use std::ops::RangeInclusive;

const NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Translates the field into the `cron` crate's own numbers, in which Sunday is 1; `None` when it
/// cannot be read.
pub fn translate(field: &str) -> Option<String> {
    if field == "*" {
        return Some(field.to_owned());
    }
    let mut listed = [false; 7];
    for item in field.split(',') {
        let (days, step) = match item.split_once('/') {
            Some((days, step)) if days == "*" || days.contains('-') => {
                (days, step.parse().ok().filter(|step| *step > 0)?)
            }
            // A step needs something to step through.
            Some(_) => return None,
            None => (item, 1),
        };
        range(days)?.step_by(step).for_each(|day| listed[day % 7] = true);
    }
    let numbers = (0..7).filter(|day| listed[*day]).map(|day| (day + 1).to_string());
    Some(numbers.collect::<Vec<_>>().join(","))
}

fn range(days: &str) -> Option<RangeInclusive<usize>> {
    if days == "*" {
        return Some(0..=6);
    }
    let Some((from, to)) = days.split_once('-') else {
        let day = number(days)?;
        return Some(day..=day);
    };
    let from = number(from)?;
    // Sunday ends a week as well as it begins one.
    let to = number(to).map(|to| if to == 0 && from > 0 { 7 } else { to })?;
    (from <= to).then_some(from..=to)
}

fn number(day: &str) -> Option<usize> {
    let named = NAMES.iter().position(|name| name.eq_ignore_ascii_case(day));
    named.or_else(|| day.parse().ok().filter(|number| *number <= 7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_sunday() {
        for (field, crates) in [
            ("*", "*"),
            ("0", "1"),
            ("7", "1"),
            ("1-5", "2,3,4,5,6"),
            ("mon-FRI", "2,3,4,5,6"),
            ("5-7", "1,6,7"),
            ("sat-sun", "1,7"),
            ("*/2", "1,3,5,7"),
            ("1-5/2,6", "2,4,6,7"),
        ] {
            assert_eq!(translate(field).as_deref(), Some(crates), "{field}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        for field in ["", "8", "-1", "5-1", "mon/2", "*/0", "monday-ish", "1,,2"] {
            assert_eq!(translate(field), None, "{field}");
        }
    }
}
