//! "Did you mean …?"

/// The candidate that was probably meant, if one is near enough to be no guess.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let furthest = (word.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The help for a word that is none of the candidates: the likely one, else all of them.
pub fn did_you_mean(word: &str, candidates: &[&str]) -> Option<String> {
    match suggest(word, candidates.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if candidates.is_empty() => None,
        None => Some(format!("possible here: `{}`", candidates.join("`, `"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_are_not() {
        let keys = ["address", "mac", "tags"];
        assert_eq!(suggest("adress", keys), Some("address"));
        assert_eq!(suggest("Tags", keys), Some("tags"));
        assert_eq!(suggest("volume", keys), None);
    }
}
