//! Quoting for the POSIX shell. Nothing reaches a shell line but through here, or as the owner
//! wrote it.

/// One word, taken literally by any POSIX shell (and by fish).
pub fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A line that runs `script` under `sh`, whatever the login shell is, with `$1`, `$2`… set.
pub fn script(script: &str, arguments: &[&str]) -> String {
    let mut line = format!("sh -c {} watchpost", quote(script));
    for argument in arguments {
        line.push(' ');
        line.push_str(&quote(argument));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_real_shell_hands_every_argument_back(words in prop::collection::vec("[^\0]{0,20}", 1..4)) {
            let borrowed: Vec<&str> = words.iter().map(String::as_str).collect();
            let line = script(r#"for word; do printf '%s\0' "$word"; done"#, &borrowed);
            let output = Command::new("sh").arg("-c").arg(line).output().expect("sh runs");
            let expected: String = words.iter().map(|word| format!("{word}\0")).collect();
            prop_assert_eq!(output.stdout, expected.into_bytes());
        }
    }
}
