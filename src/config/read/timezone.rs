//! The time zone that was probably meant.

use chrono_tz::TZ_VARIANTS;

use crate::suggest::nearest_path;

/// `Europe/Berln` and `Berlin` both mean `Europe/Berlin`.
pub(super) fn suggest_timezone(name: &str) -> Option<&'static str> {
    nearest_path(&name.replace(' ', "_"), TZ_VARIANTS.iter().map(|zone| zone.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_bare_cities_are_understood() {
        assert_eq!(suggest_timezone("Europe/Berln"), Some("Europe/Berlin"));
        assert_eq!(suggest_timezone("Berlin"), Some("Europe/Berlin"));
        assert_eq!(suggest_timezone("new york"), Some("America/New_York"));
        assert_eq!(suggest_timezone("Middle-earth/Hobbiton"), None);
    }
}
