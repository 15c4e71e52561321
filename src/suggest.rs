//! "Did you mean": the nearest known name.

/// The known name that is nearest to `wanted`, if it is near enough to be a slip of the fingers:
/// one letter in three may differ, and no more than three; exchanged neighbours count once, and
/// capitals not at all.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wanted.to_lowercase();
    let furthest = (lower.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|name| *name != wanted)
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= furthest)
        // The name itself breaks ties, so that the answer never depends on the order.
        .min()
        .map(|(_, name)| name)
}

/// [`nearest`] for names with folders, which people also leave away: `temperature` means
/// `closet/temperature`.
pub fn nearest_path<'a, I>(wanted: &str, known: I) -> Option<&'a str>
where
    I: IntoIterator<Item = &'a str, IntoIter: Clone>,
{
    let last = |name: &'a str| name.rsplit('/').next().unwrap_or(name);
    let known = known.into_iter();
    nearest(wanted, known.clone())
        .or_else(|| known.clone().find(|name| last(name).eq_ignore_ascii_case(wanted)))
        .or_else(|| {
            let meant = nearest(wanted, known.clone().map(last))?;
            known.clone().find(|name| last(name) == meant)
        })
}

/// ``did you mean `watch`?``
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, known).map(ask)
}

/// The help for a word that is none of the few that are possible: the likely one, else all of them.
pub fn did_you_mean_or_all(wanted: &str, possible: &[&str]) -> Option<String> {
    match nearest(wanted, possible.iter().copied()) {
        Some(meant) => Some(ask(meant)),
        None if possible.is_empty() => None,
        None => Some(format!("possible here: `{}`", possible.join("`, `"))),
    }
}

/// ``did you mean `watch`?``, for a name found otherwise.
pub fn ask(meant: &str) -> String {
    format!("did you mean `{meant}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let known = ["watch", "wemo", "sensor", "closet/temperature"];
        assert_eq!(nearest("wach", known), Some("watch"));
        assert_eq!(nearest("wathc", known), Some("watch"));
        assert_eq!(nearest("Sensor", known), Some("sensor"));
        assert_eq!(nearest("closet/temprature", known), Some("closet/temperature"));
        assert_eq!(nearest("everything", known), None);
        assert_eq!(nearest("wemo", known), None, "it is known already");
    }

    #[test]
    fn a_folder_may_be_left_away() {
        let known = ["closet/temperature", "solar/power"];
        assert_eq!(nearest_path("power", known), Some("solar/power"));
        assert_eq!(nearest_path("Temprature", known), Some("closet/temperature"));
        assert_eq!(nearest_path("xyz", known), None);
    }

    #[test]
    fn where_nothing_is_near_all_is_said() {
        let keys = ["address", "mac", "tags"];
        assert_eq!(did_you_mean_or_all("adress", &keys).unwrap(), "did you mean `address`?");
        let all = did_you_mean_or_all("volume", &keys).unwrap();
        assert_eq!(all, "possible here: `address`, `mac`, `tags`");
        assert_eq!(did_you_mean_or_all("volume", &[]), None);
    }
}
