//! Numbers in what other programs say.

use crate::sensor::Value;

/// The first number of a text, as a program prints it: `load: 0.42 (5 min)` is 0.42. Digits
/// inside a word (`eth0`) are none.
pub(super) fn first_number(text: &str) -> Option<f64> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    text.split(|c: char| !is_part(c))
        .filter_map(|word| {
            let word = word.trim_end_matches(['.', '-', '+', '_']);
            // A unit may hang on it (`21.5C`), but no letter before it.
            let begin = word.trim_start_matches(['-', '+', '.']);
            begin.starts_with(|c: char| c.is_ascii_digit()).then_some(word)
        })
        .find_map(|word| {
            let length = word
                .char_indices()
                .find(|(index, c)| !is_of_number(word, *index, *c))
                .map_or(word.len(), |(index, _)| index);
            word[..length].parse().ok().filter(|number: &f64| number.is_finite())
        })
}

/// Whether the character at this place can belong to the number that the word begins with.
fn is_of_number(word: &str, index: usize, c: char) -> bool {
    match c {
        '0'..='9' | '.' => true,
        '-' | '+' => index == 0 || word[..index].ends_with(['e', 'E']),
        // An exponent, but not the first letter of a unit.
        'e' | 'E' => word[index + 1..]
            .trim_start_matches(['-', '+'])
            .starts_with(|next: char| next.is_ascii_digit()),
        _ => false,
    }
}

/// What stands at a JSON pointer (RFC 6901): a number, a number in quotes, or true and false.
///
/// # Errors
/// Why there is no value, in words.
pub(super) fn at_pointer(text: &str, pointer: &str) -> Result<Value, String> {
    let document: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let found = document
        .pointer(pointer)
        .ok_or_else(|| format!("the answer has nothing at `{pointer}`"))?;
    let number = match found {
        serde_json::Value::Bool(on) => return Ok(Value::Switch(*on)),
        serde_json::Value::Number(number) => number.as_f64(),
        serde_json::Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number.filter(|number| number.is_finite()) {
        Some(number) => Ok(Value::Number(number)),
        None => Err(format!("what stands at `{pointer}` is no number: {}", shortened(found))),
    }
}

fn shortened(found: &serde_json::Value) -> String {
    let text = found.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A pointer of the site file: empty for the whole document, or beginning with a slash.
pub(super) fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_first_number() {
        for (text, number) in [
            ("21.5\n", Some(21.5)),
            ("temperature: -3.25 °C (ok)", Some(-3.25)),
            ("load=0.42, 0.5", Some(0.42)),
            ("eth0 up 17 days", Some(17.0)),
            ("48312C", Some(48_312.0)),
            ("1.5e3 W", Some(1500.0)),
            ("5e W", Some(5.0)),
            (".5", Some(0.5)),
            ("12.", Some(12.0)),
            ("none - at all", None),
            ("", None),
        ] {
            assert_eq!(first_number(text), number, "{text}");
        }
    }

    #[test]
    fn a_pointer_leads_to_a_number_or_says_why_not() {
        let json = r#"{"a": [1, "2.5", true, null, {"b": "hot"}]}"#;
        assert_eq!(at_pointer(json, "/a/0"), Ok(Value::Number(1.0)));
        assert_eq!(at_pointer(json, "/a/1"), Ok(Value::Number(2.5)));
        assert_eq!(at_pointer(json, "/a/2"), Ok(Value::Switch(true)));
        assert_eq!(at_pointer("7", ""), Ok(Value::Number(7.0)));
        for (json, pointer, part) in [
            (json, "/a/3", "is no number: null"),
            (json, "/a/4/b", "\"hot\""),
            (json, "/a/9", "nothing at `/a/9`"),
            ("<html>", "", "no JSON"),
        ] {
            let error = at_pointer(json, pointer).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*", number in -1e12..1e12f64) {
            first_number(&text);
            let _ = at_pointer(&text, "/a");
            prop_assert_eq!(first_number(&format!("x is {number} units")), Some(number));
        }
    }
}
