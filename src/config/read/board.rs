//! `[board]`. Whether a profile exists is for the hardware layer to say.

use super::Reader;
use crate::config::{BoardChoice, diagnostic::Span, section::Section};

impl Reader<'_> {
    /// The choice, and where it stands.
    pub(super) fn board(&self, root: &Section<'_>) -> (BoardChoice, Span) {
        let section = root.section("board", "[board]");
        let profile = section.field("profile");
        section.finish();
        let choice = match profile.as_ref().and_then(|field| field.text()) {
            None | Some("auto") => BoardChoice::Auto,
            Some(name) => BoardChoice::Named(name.to_owned()),
        };
        (choice, profile.map_or(0..0, |field| field.span()))
    }
}
