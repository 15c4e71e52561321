//! Lists in columns.

use std::borrow::Cow;

use comfy_table::{Cell, Table, presets};

/// Rows under a header. Colours come after the layout: see [`super::Palette::marks`].
pub struct Listing {
    table: Table,
}

impl Listing {
    pub fn new<'h>(header: impl IntoIterator<Item = &'h str>) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(header.into_iter().map(|title| Cell::new(title.to_uppercase())));
        Listing { table }
    }

    /// Adds a row; what would move the terminal's cursor is made harmless.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = Cow<'c, str>>) {
        self.table.add_row(cells.into_iter().map(|cell| Cell::new(printable(&cell))));
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The lines, without spaces at their ends, and a newline.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for line in self.table.lines() {
            // Every cell has a space on either side; the first column needs none.
            text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
            text.push('\n');
        }
        text
    }
}

/// Text from outside (a host's output, a sensor's error) that cannot play with the terminal:
/// every control character but the newline becomes `·`.
pub fn printable(text: &str) -> Cow<'_, str> {
    let plays = |letter: char| letter.is_control() && letter != '\n';
    if text.contains(plays) { Cow::Owned(text.replace(plays, "·")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_titles() {
        let mut list = Listing::new(["host", "state"]);
        list.row(["big-iron".into(), "up".into()]);
        list.row(["pi".into(), "\x1b[2Jdown\nsince noon".into()]);
        assert_eq!(
            list.render(),
            "HOST      STATE\nbig-iron  up\npi        ·[2Jdown\n          since noon\n"
        );
    }
}
