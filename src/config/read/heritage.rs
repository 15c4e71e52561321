//! `inherits`: templates that begin as another one.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::Reader;
use crate::{
    config::{diagnostic::Span, section::Section},
    suggest::did_you_mean_or_all,
};

/// The templates of a file, as they stand there.
pub(super) type Named<'t> = Vec<(&'t str, Span, Section<'t>)>;

impl Reader<'_> {
    /// What a template takes from others: its parent first, then its parent's, and so on. A circle
    /// and a parent that is not there are mistakes, and end the line.
    pub(super) fn ancestors<'t>(&self, named: &Named<'t>, of: usize) -> Vec<usize> {
        let by_name: BTreeMap<&str, usize> =
            named.iter().enumerate().map(|(index, (name, ..))| (*name, index)).collect();
        let (mut line, mut at) = (Vec::new(), of);
        while let Some(field) = named[at].2.own_field("inherits") {
            let Some(parent) = field.text() else { break };
            let Some(&next) = by_name.get(parent) else {
                if at == of {
                    let others: Vec<&str> =
                        by_name.keys().copied().filter(|name| *name != named[of].0).collect();
                    let help = did_you_mean_or_all(parent, &others);
                    field.wrong(format!("there is no template `{parent}`"), "not there", help);
                }
                break;
            };
            if next == of || line.contains(&next) {
                if next == of {
                    let message = format!("[templates.{}] inherits from itself", named[of].0);
                    field.wrong(message, "here the circle closes", None);
                }
                break;
            }
            line.push(next);
            at = next;
        }
        line
    }

    /// The tables of some templates.
    pub(super) fn tables<'t>(&self, named: &Named<'t>, of: &[usize]) -> Vec<&'t DeTable<'t>> {
        of.iter().filter_map(|index| named[*index].2.table()).collect()
    }
}
