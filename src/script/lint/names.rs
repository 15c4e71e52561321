//! Sensors, hosts, tags and outputs that the site does not have.

use rhai::Expr;

use super::{Lint, walk::Call};
use crate::{
    script::api::words,
    suggest::{ask, nearest_path},
};

#[derive(Clone, Copy)]
enum Named {
    Sensor,
    Host,
    Tag,
    Output,
    Network,
    Cost,
    Template,
}

impl<'a> Lint<'a, '_> {
    pub(super) fn check_names(&mut self, call: &Call<'_, 'a>) {
        let named = match call.name {
            "hosts" | "host" => Named::Host,
            "open_ports" => return self.check_network(call),
            "tagged" => Named::Tag,
            "set" | "pulse" => Named::Output,
            "cost" | "price" => Named::Cost,
            "place" | "create" => return self.check_template(call),
            word if words::names_a_sensor(word) => Named::Sensor,
            _ => return,
        };
        let Some(first) = call.args.first().filter(|_| !call.is_own && !call.is_method) else {
            return;
        };
        match first {
            Expr::Array(items, _) => items.iter().for_each(|item| self.check_name(named, item)),
            single => self.check_name(named, single),
        }
    }

    /// The network is the second argument, and often there is none.
    fn check_network(&mut self, call: &Call<'_, 'a>) {
        if let Some(network) = call.args.get(1).filter(|_| !call.is_own && !call.is_method) {
            self.check_name(Named::Network, network);
        }
    }

    /// The second argument, behind the hosts.
    fn check_template(&mut self, call: &Call<'_, 'a>) {
        if let Some(template) = call.args.get(1).filter(|_| !call.is_own && !call.is_method) {
            self.check_name(Named::Template, template);
        }
    }

    fn check_name(&mut self, named: Named, argument: &Expr) {
        let Expr::StringConstant(name, at) = argument else { return };
        let (what, known) = match named {
            Named::Sensor => ("sensor", self.knowledge.sensors),
            Named::Host => ("host", self.knowledge.hosts),
            Named::Tag => ("tag", self.knowledge.tags),
            Named::Output => ("output", self.knowledge.outputs),
            Named::Network => ("network", self.knowledge.networks),
            Named::Cost => ("cost", self.knowledge.costs),
            Named::Template => ("template", self.knowledge.templates),
        };
        if known.contains(&name.as_str()) {
            return;
        }
        if matches!(named, Named::Sensor) && (self.knowledge.may_be_peer)(name) {
            let message = format!("\"{name}\" has not been heard of on the broker yet");
            let found = self.error(*at, message, "another site's sensor?");
            let help = "it has no value until that site publishes it under this very name";
            return self.found.push(found.help(help).warning());
        }
        let message = match named {
            Named::Tag => format!("no host carries the tag \"{name}\""),
            _ => format!("no {what} is called \"{name}\""),
        };
        let help =
            nearest_path(name, known.iter().copied()).map(ask).unwrap_or_else(|| match known {
                [] => format!("the site file describes no {what} at all"),
                _ => format!("it has {}", known.join(", ")),
            });
        self.found.push(self.error(*at, message, "not in the site file").help(help));
    }
}
