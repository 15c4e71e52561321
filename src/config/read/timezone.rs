//! The time zone that was probably meant.

use crate::{clock::Zone, suggest::nearest_path};

/// `Europe/Berln` and `Berlin` both mean `Europe/Berlin`.
pub(super) fn suggest_timezone(name: &str) -> Option<String> {
    let names: Vec<String> = Zone::names().collect();
    let known = names.iter().map(String::as_str);
    nearest_path(&name.replace(' ', "_"), known).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_bare_cities_are_understood() {
        assert_eq!(suggest_timezone("Europe/Berln").as_deref(), Some("Europe/Berlin"));
        assert_eq!(suggest_timezone("Berlin").as_deref(), Some("Europe/Berlin"));
        assert_eq!(suggest_timezone("new york").as_deref(), Some("America/New_York"));
        assert_eq!(suggest_timezone("Middle-earth/Hobbiton"), None);
    }
}
