//! The little of XML that the descriptions and answers need.

use std::borrow::Cow;

/// Text as it may stand between tags. What XML 1.0 cannot hold at all is left out.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let harmless =
        |letter: char| !matches!(letter, '&' | '<' | '>' | '"' | '\'') && allowed(letter);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars().filter(|letter| allowed(*letter)) {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Characters of XML 1.0, section 2.2.
fn allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn p31_what_was_escaped_is_read_back(text in "\\PC*") {
            let escaped = escaped(&text);
            let read = quick_xml::escape::unescape(&escaped).unwrap();
            let kept: String = text.chars().filter(|letter| allowed(*letter)).collect();
            prop_assert_eq!(read.as_ref(), kept);
            prop_assert!(!escaped.contains('<'));
        }
    }
}
