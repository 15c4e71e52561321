//! A table of the site file while it is read: what nobody asked for is an unknown key.

use std::{cell::RefCell, collections::BTreeMap};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    diagnostic::Span,
    field::{Field, type_name},
    mistakes::Mistakes,
};
use crate::suggest::did_you_mean_or_all;

/// A key and its value, each with its place.
type Entry<'t> = (&'t Spanned<DeString<'t>>, &'t Spanned<DeValue<'t>>);

pub struct Section<'t> {
    /// As the owner writes it: `[mail]`, `[[sensor]]`.
    pub title: String,
    /// Where the table stands, or nothing when the file has none.
    pub span: Span,
    table: Option<&'t DeTable<'t>>,
    /// Where keys are looked for that do not stand in it.
    bases: Vec<&'t DeTable<'t>>,
    asked: RefCell<Vec<&'static str>>,
    pub mistakes: &'t Mistakes,
}

impl<'t> Section<'t> {
    /// The whole file.
    pub fn root(table: &'t DeTable<'t>, mistakes: &'t Mistakes) -> Self {
        Section::new(String::new(), 0..0, Some(table), mistakes)
    }

    fn new(
        title: String,
        span: Span,
        table: Option<&'t DeTable<'t>>,
        mistakes: &'t Mistakes,
    ) -> Self {
        Section { title, span, table, bases: Vec::new(), asked: RefCell::default(), mistakes }
    }

    /// The same, with tables that have what it does not say itself, the nearest one first.
    pub fn inheriting(self, bases: Vec<&'t DeTable<'t>>) -> Self {
        Section { bases, ..self }
    }

    pub fn table(&self) -> Option<&'t DeTable<'t>> {
        self.table
    }

    /// The keys that were asked for.
    pub fn asked(&self) -> Vec<&'static str> {
        self.asked.borrow().clone()
    }

    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Asks for a key, and thereby makes it a known one.
    pub fn field(&self, key: &'static str) -> Option<Field<'t>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        drop(asked);
        let inherited = || self.bases.iter().find_map(|base| base.get_key_value(key));
        let (name, value) = self.table?.get_key_value(key).or_else(inherited)?;
        Some(Field { key, key_span: name.span(), value, mistakes: self.mistakes })
    }

    /// Like [`Section::field`], of what stands in the table itself.
    pub fn own_field(&self, key: &'static str) -> Option<Field<'t>> {
        let (name, value) = self.table?.get_key_value(key)?;
        Some(Field { key, key_span: name.span(), value, mistakes: self.mistakes })
    }

    /// Like [`Section::field`], and its absence is a mistake that `example` mends.
    pub fn required(&self, key: &'static str, example: &str) -> Option<Field<'t>> {
        let field = self.field(key);
        if field.is_none() && self.is_present() {
            self.mistakes.error(
                self.span.clone(),
                format!("`{key}` is missing in {}", self.title),
                format!("needs `{key}`"),
                format!("for example: {example}"),
            );
        }
        field
    }

    /// The table under a key; empty when there is none.
    pub fn section(&self, key: &'static str, title: impl Into<String>) -> Section<'t> {
        let title = title.into();
        match self.field(key) {
            Some(field) => Section::of(title, &field),
            None => Section::new(title, 0..0, None, self.mistakes),
        }
    }

    /// The table that a field's value should be.
    pub fn of(title: String, field: &Field<'t>) -> Section<'t> {
        let table = field.value.get_ref().as_table();
        if table.is_none() {
            field.wrong_type("a table", &format!("write {title} on a line of its own"));
        }
        Section::new(title, field.key_span.clone(), table, field.mistakes)
    }

    /// Every `[key.NAME]`, in the order of the file.
    pub fn named_sections(&self, key: &'static str) -> Vec<(&'t str, Span, Section<'t>)> {
        let Some(field) = self.field(key) else { return Vec::new() };
        let Some(table) = field.value.get_ref().as_table() else {
            field.wrong_type("named tables", &format!("write [{key}.NAME] on a line of its own"));
            return Vec::new();
        };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .map(|(name, value)| {
                let title = format!("[{key}.{}]", name.get_ref());
                let entry = Field { key, key_span: name.span(), value, mistakes: self.mistakes };
                (name.get_ref().as_ref(), name.span(), Section::of(title, &entry))
            })
            .collect()
    }

    /// Every `[[key]]`, in the order of the file.
    pub fn repeated_sections(&self, key: &'static str) -> Vec<Section<'t>> {
        let Some(field) = self.field(key) else { return Vec::new() };
        let title = format!("[[{key}]]");
        let Some(array) = field.value.get_ref().as_array() else {
            field.wrong_type("a list of tables", &format!("write {title}, in double brackets"));
            return Vec::new();
        };
        let mut sections = Vec::new();
        for item in array.iter() {
            match item.get_ref() {
                DeValue::Table(table) => {
                    sections.push(Section::new(
                        title.clone(),
                        item.span(),
                        Some(table),
                        self.mistakes,
                    ));
                }
                other => self.mistakes.error(
                    item.span(),
                    format!("`{key}` takes tables, and this is {}", type_name(other)),
                    "not a table",
                    format!("write {title} on a line of its own"),
                ),
            }
        }
        sections
    }

    /// The keys that nobody has asked for, in the order of the file.
    pub fn rest(&self) -> Vec<Entry<'t>> {
        let asked = self.asked.borrow();
        let mut rest: Vec<_> = self
            .table
            .into_iter()
            .flat_map(|table| table.iter())
            .filter(|(key, _)| !asked.contains(&key.get_ref().as_ref()))
            .collect();
        rest.sort_by_key(|(key, _)| key.span().start);
        rest
    }

    /// Where the values of the keys stand that have been asked for.
    pub fn known_places(&self) -> BTreeMap<String, Span> {
        let asked = self.asked.borrow();
        let table = self.table.into_iter().flat_map(|table| table.iter());
        table
            .filter(|(key, _)| asked.contains(&key.get_ref().as_ref()))
            .map(|(key, value)| (key.get_ref().as_ref().to_owned(), value.span()))
            .collect()
    }

    /// Reports what nobody has asked for.
    pub fn finish(self) {
        for (key, _) in self.rest() {
            let name = key.get_ref();
            let message = if self.title.is_empty() {
                format!("unknown key `{name}`")
            } else {
                format!("unknown key `{name}` in {}", self.title)
            };
            let help = did_you_mean_or_all(name, &self.asked.borrow());
            self.mistakes.error(key.span(), message, "not known", help);
        }
    }
}
