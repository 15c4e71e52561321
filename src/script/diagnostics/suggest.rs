//! "Did you mean": the nearest known name.

/// The known name that is nearest to `wanted`, if it is near enough to be a slip of the fingers:
/// one letter in three may differ, and no more than three;
/// exchanged neighbours count once.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = wanted.chars().count().div_ceil(3).min(3);
    known
        .into_iter()
        .filter(|name| *name != wanted)
        .map(|name| (strsim::damerau_levenshtein(wanted, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        // The name itself breaks ties, so that the answer never depends on the order.
        .min()
        .map(|(_, name)| name)
}

/// ``did you mean `watch`?``
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, known).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["watch", "wemo", "sensor", "closet/temperature"];
        assert_eq!(nearest("wach", known), Some("watch"));
        assert_eq!(nearest("wathc", known), Some("watch"));
        assert_eq!(nearest("closet/temprature", known), Some("closet/temperature"));
        assert_eq!(nearest("everything", known), None);
    }
}
