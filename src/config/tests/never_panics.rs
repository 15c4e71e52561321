//! Whatever stands in the file, the answer is a site or diagnostics that can be shown.

use proptest::prelude::*;

use super::{read, rendered};

/// Lines that come near enough to a site file to get past the parser.
fn line() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "name", "driver", "every", "range", "smooth", "kind", "mac", "on", "ssh", "jump", "tags",
        "url", "password", "secret", "to", "size", "max_size", "latitude", "timezone", "socket",
        "\"ö\"", "hosts", "sensor", "mail",
    ]);
    let value = prop_oneof![
        Just("\"\"".to_owned()),
        Just("\"10s\"".to_owned()),
        Just("\"self\"".to_owned()),
        Just("[1, 2]".to_owned()),
        Just("[\"a\", [{}]]".to_owned()),
        Just("{ secret = \"x\", jump = \"a\" }".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        Just("nan".to_owned()),
        Just("99999999999999999999".to_owned()),
        "\"[a-z0-9:/@ äß€-]{0,12}\"",
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
    ];
    let header = prop::sample::select(vec![
        "[site]",
        "[[sensor]]",
        "[hosts.a]",
        "[hosts.b]",
        "[mail]",
        "[notify]",
        "[limits]",
        "[history]",
        "[control]",
        "[hosts]",
        "[sensor]",
        "[broken",
        "[[sensor",
        "[mqtt]",
    ]);
    prop_oneof![
        3 => (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
        2 => header.prop_map(str::to_owned),
        1 => "\\PC{0,20}",
    ]
}

proptest! {
    #[test]
    fn on_lines_like_those_of_a_site_file(lines in prop::collection::vec(line(), 0..16)) {
        if let Err(found) = read(&lines.join("\n")) {
            prop_assert!(!rendered(&found).is_empty());
        }
    }

    #[test]
    fn on_arbitrary_text(text in "(?s).{0,200}") {
        if let Err(found) = read(&text) {
            prop_assert!(!rendered(&found).is_empty());
        }
    }
}
