//! Series of values as promtool's rule tests write them: `20 20+5x10 _ stale`.

/// What a sensor says in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Slot {
    Value(f64),
    /// What a contact says.
    Contact(bool),
    /// It says nothing, and what it said grows old.
    Missing,
    /// It is known at once that it has no value.
    Stale,
}

/// The most steps of one series.
const LONGEST: usize = 100_000;

/// Reads a series: values with spaces between them. `20+5x3` is `20 25 30 35`, `20x3` is
/// `20 20 20 20`; a contact says `on` and `off`, `onx3` four times; `_` is a missing value, `_x3` are three; `stale` is a sensor that has failed.
///
/// # Errors
/// What does not belong there.
pub fn parse(text: &str) -> Result<Vec<Slot>, String> {
    let mut slots = Vec::new();
    for word in text.split_whitespace() {
        let wrong =
            || format!("`{word}` is no value; a series is written like `20 20+5x10 _ stale`");
        let more = match (word, word.split_once('x')) {
            ("_", _) => vec![Slot::Missing],
            ("stale", _) => vec![Slot::Stale],
            ("on" | "off", _) => vec![Slot::Contact(word == "on")],
            (_, Some((what, times))) => repeated(what, times).ok_or_else(wrong)?,
            (_, None) => vec![Slot::Value(number(word).ok_or_else(wrong)?)],
        };
        slots.extend(more);
        if slots.len() > LONGEST {
            return Err(format!("a series has at most {LONGEST} values"));
        }
    }
    if slots.is_empty() { Err("the series is empty".into()) } else { Ok(slots) }
}

fn repeated(what: &str, times: &str) -> Option<Vec<Slot>> {
    let times: usize = times.parse().ok().filter(|times| *times < LONGEST)?;
    if what == "_" {
        return Some(vec![Slot::Missing; times]);
    }
    if matches!(what, "on" | "off") {
        return Some(vec![Slot::Contact(what == "on"); times + 1]);
    }
    let (first, step) = sum(what)?;
    Some((0..=times).map(|index| Slot::Value(first + step * index as f64)).collect())
}

/// `20+5` as 20 and 5, `20` as 20 and 0.
fn sum(text: &str) -> Option<(f64, f64)> {
    let sign = |(index, letter): &(usize, char)| {
        *index > 0 && matches!(letter, '+' | '-') && !text[..*index].ends_with(['e', 'E'])
    };
    match text.char_indices().find(sign) {
        Some((index, _)) => Some((number(&text[..index])?, number(&text[index..])?)),
        None => Some((number(text)?, 0.0)),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promtools_notation_means_what_it_means_there() {
        let values = |text: &str| -> Vec<f64> {
            let value = |slot: &Slot| if let Slot::Value(value) = slot { *value } else { f64::MAX };
            parse(text).unwrap().iter().map(value).collect()
        };
        assert_eq!(values("1+2x3"), [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(values("1-2x2"), [1.0, -1.0, -3.0]);
        assert_eq!(values("-1e1+0.5x1 4x1"), [-10.0, -9.5, 4.0, 4.0]);
        assert_eq!(
            parse("1 _ _x2 stale"),
            Ok(vec![Slot::Value(1.0), Slot::Missing, Slot::Missing, Slot::Missing, Slot::Stale])
        );
        let contact = [false, true, true].map(Slot::Contact);
        assert_eq!(parse("off onx1"), Ok(contact.to_vec()));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "hot", "1+x3", "1x", "1x-3", "1x999999999", "+", "nan", "infx2"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "[0-9+x_ eäs.-]{0,30}") {
            let _ = parse(&text);
        }
    }
}
