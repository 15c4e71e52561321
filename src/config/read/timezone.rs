//! The time zone that was probably meant.

use chrono_tz::TZ_VARIANTS;

use crate::config::suggest::suggest;

/// `Europe/Berln` and `Berlin` both mean `Europe/Berlin`.
pub(super) fn suggest_timezone(name: &str) -> Option<&'static str> {
    let city = |zone: &'static str| zone.rsplit('/').next().unwrap_or(zone);
    let zones = || TZ_VARIANTS.iter().map(|zone| zone.name());
    suggest(name, zones()).or_else(|| {
        let meant = suggest(&name.replace(' ', "_"), zones().map(city))?;
        zones().find(|zone| city(zone) == meant)
    })
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
