//! Watches that share a name, and timers that are cancelled but never set.

use rhai::{Expr, Position};

use super::{Lint, walk::Call};
use crate::suggest::did_you_mean;

#[derive(Default)]
pub(super) struct Watches<'a> {
    watches: Vec<(&'a str, Position)>,
    timers: Vec<&'a str>,
    cancelled: Vec<(&'a str, Position)>,
    /// A timer whose name is not a literal may be any.
    unknown_timers: bool,
}

impl<'a> Lint<'a, '_> {
    pub(super) fn note_watch(&mut self, call: &Call<'_, 'a>) {
        if call.is_own || call.is_method {
            return;
        }
        let literal = |index: usize| match call.args.get(index) {
            Some(Expr::StringConstant(name, at)) => Some((name.as_str(), *at)),
            _ => None,
        };
        match call.name {
            "watch" => self.watches.watches.extend(literal(0)),
            "cancel" => self.watches.cancelled.extend(literal(0)),
            "after" => match literal(1) {
                Some((name, _)) => self.watches.timers.push(name),
                None => self.watches.unknown_timers = true,
            },
            _ => {}
        }
    }

    pub(super) fn check_watches(&mut self) {
        let watches = std::mem::take(&mut self.watches);
        for (index, (name, at)) in watches.watches.iter().enumerate() {
            let earlier = watches.watches[..index].iter().find(|(other, _)| other == name);
            if let Some((_, first)) = earlier {
                let error = self
                    .error(*at, format!("two watches are called `{name}`"), "the second")
                    .mark(*first, "the first")
                    .help("the journal and `watchpost fire` tell watches apart by their names");
                self.found.push(error);
            }
        }
        if watches.unknown_timers {
            return;
        }
        for (name, at) in &watches.cancelled {
            if !watches.timers.contains(name) {
                let message = format!("no timer of this script is called `{name}`");
                let mut warning = self.error(*at, message, "cancels nothing").warning();
                warning.help = did_you_mean(name, watches.timers.iter().copied());
                self.found.push(warning);
            }
        }
    }
}
