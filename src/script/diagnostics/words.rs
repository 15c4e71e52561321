//! Type names as people say them.

/// `a string` for `alloc::string::String`, `a pipe` for `watchpost::plan::Pipe`: the engine's
/// display name or Rust's own, with an article.
pub fn type_word(name: &str) -> String {
    let bare = name.trim_start_matches("&mut ").trim_start_matches('&');
    let known = match bare {
        "()" => "nothing",
        "bool" => "a bool",
        "i64" | "f64" | "INT" | "FLOAT" | "i32" | "u32" | "u64" | "usize" | "f32" => "a number",
        "char" => "a character",
        "string" | "str" | "String" | "ImmutableString" => "a string",
        "array" | "Array" => "an array",
        "map" | "Map" => "a map",
        "blob" | "Blob" => "a blob",
        "timestamp" | "Instant" => "a timestamp",
        "range" | "range=" => "a range",
        "Fn" | "FnPtr" => "a function",
        "Dynamic" | "?" => "any value",
        _ => return custom(bare),
    };
    known.to_string()
}

fn custom(path: &str) -> String {
    let generic = path.split('<').next().unwrap_or(path);
    let bare = generic.rsplit("::").next().unwrap_or(generic);
    if bare != path {
        // Rust spells Rhai's own types as paths; their last part may be a known word.
        return match (bare, path.contains("Dynamic")) {
            ("Vec", true) => "an array".into(),
            ("BTreeMap", true) => "a map".into(),
            _ => type_word(bare),
        };
    }
    let mut words = String::new();
    for letter in bare.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    let is_plural = words.ends_with('s');
    match words.chars().next() {
        _ if is_plural => words,
        Some('a' | 'e' | 'i' | 'o' | 'u') => format!("an {words}"),
        _ => format!("a {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_said_in_plain_words() {
        for (name, word) in [
            ("alloc::string::String", "a string"),
            ("&str", "a string"),
            ("f64", "a number"),
            ("()", "nothing"),
            ("alloc::vec::Vec<rhai::types::dynamic::Dynamic>", "an array"),
            ("alloc::collections::btree::map::BTreeMap<smartstring, Dynamic>", "a map"),
            ("rhai::FnPtr", "a function"),
            ("watchpost::plan::pipe::Pipe", "a pipe"),
            ("HostEvent", "a host event"),
            ("Hosts", "hosts"),
        ] {
            assert_eq!(type_word(name), word, "{name}");
        }
    }
}
