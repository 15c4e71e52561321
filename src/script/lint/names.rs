//! Sensors, hosts and tags that the site does not have.

use rhai::Expr;

use super::{Lint, walk::Call};
use crate::suggest::did_you_mean;

#[derive(Clone, Copy)]
enum Named {
    Sensor,
    Host,
    Tag,
}

/// Functions whose first argument names something of the site.
const NAMING: [(&str, Named); 14] = [
    ("sensor", Named::Sensor),
    ("reading", Named::Sensor),
    ("average", Named::Sensor),
    ("minimum", Named::Sensor),
    ("maximum", Named::Sensor),
    ("rate", Named::Sensor),
    ("history", Named::Sensor),
    ("above", Named::Sensor),
    ("below", Named::Sensor),
    ("equals", Named::Sensor),
    ("changed", Named::Sensor),
    ("hosts", Named::Host),
    ("host", Named::Host),
    ("is_up", Named::Host),
];

impl<'a> Lint<'a, '_> {
    pub(super) fn check_names(&mut self, call: &Call<'_, 'a>) {
        let named = match NAMING.iter().find(|(name, _)| *name == call.name) {
            Some((_, named)) => *named,
            None if call.name == "tagged" => Named::Tag,
            None => return,
        };
        let Some(first) = call.args.first().filter(|_| !call.is_own && !call.is_method) else {
            return;
        };
        match first {
            Expr::Array(items, _) => items.iter().for_each(|item| self.check_name(named, item)),
            single => self.check_name(named, single),
        }
    }

    fn check_name(&mut self, named: Named, argument: &Expr) {
        let Expr::StringConstant(name, at) = argument else { return };
        let (what, known) = match named {
            Named::Sensor => ("sensor", self.knowledge.sensors),
            Named::Host => ("host", self.knowledge.hosts),
            Named::Tag => ("tag", self.knowledge.tags),
        };
        if known.contains(&name.as_str()) {
            return;
        }
        let message = match named {
            Named::Tag => format!("no host of this site carries the tag `{name}`"),
            _ => format!("this site has no {what} `{name}`"),
        };
        let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known {
            [] => format!("the site file describes no {what} at all"),
            _ => format!("it has {}", known.join(", ")),
        });
        self.found.push(self.error(*at, message, "not in the site file").help(help));
    }
}
