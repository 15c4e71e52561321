//! `[board]`. Whether a profile exists is for the hardware layer to say.

use super::Reader;
use crate::config::{BoardChoice, section::Section};

impl Reader<'_> {
    pub(super) fn board(&self, root: &Section<'_>) -> BoardChoice {
        let section = root.section("board", "[board]");
        let profile = section.field("profile").and_then(|field| field.text());
        section.finish();
        match profile {
            None | Some("auto") => BoardChoice::Auto,
            Some(name) => BoardChoice::Named(name.to_owned()),
        }
    }
}
