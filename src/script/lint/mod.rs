//! What can be found wrong without running anything: `watchpost check`, and every load.

mod assigned;
mod calls;
mod functions;
mod literal;
mod names;
mod pipes;
mod walk;
mod watches;

use rhai::{AST, Position};

pub use literal::Literal;

use super::{api::words::Word, diagnostics::ScriptError};
use walk::{Call, Finder};

/// Says what is wrong with a call, given the function's name and its literal arguments.
pub type ScheduleCheck = dyn Fn(&str, &[Literal]) -> Result<(), String>;

/// What a script may name and call.
#[derive(Clone, Copy)]
pub struct Knowledge<'a> {
    /// The site's sensors.
    pub sensors: &'a [&'a str],
    /// Whether a sensor that is not among them may be another site's, which was not heard of yet.
    pub may_be_peer: &'a dyn Fn(&str) -> bool,
    /// The site's hosts.
    pub hosts: &'a [&'a str],
    /// The site's costs.
    pub costs: &'a [&'a str],
    /// What the site's machines are made from.
    pub templates: &'a [&'a str],
    /// The tags of the site's hosts.
    pub tags: &'a [&'a str],
    /// The site's outputs.
    pub outputs: &'a [&'a str],
    /// The site's networks.
    pub networks: &'a [&'a str],
    /// The vocabulary.
    pub words: &'a [&'static Word],
    /// Those of its names that Rhai has too, for other types.
    pub shared: &'a [&'a str],
    /// Every function that exists ([`known_functions`](super::diagnostics::known_functions));
    /// empty leaves unknown functions to the run.
    pub functions: &'a [String],
    /// Asked about every function and method all of whose arguments are literals: schedules,
    /// durations, modifiers.
    pub schedule_check: &'a ScheduleCheck,
    /// The functions that make a step of a pipe.
    pub steps: &'a [&'a str],
}

/// Everything that is found, in the order of the source. `source` is what `ast` was compiled from.
pub fn lint(ast: &AST, source: &str, name: &str, knowledge: &Knowledge<'_>) -> Vec<ScriptError> {
    let functions = functions::Functions::of(ast);
    let mut lint = Lint {
        source,
        name,
        knowledge,
        own: &functions,
        watches: Default::default(),
        found: Vec::new(),
    };
    walk::walk(ast, &functions, &mut lint);
    lint.check_watches();
    let mut found = lint.found;
    found.sort_by_key(ScriptError::place);
    found
}

struct Lint<'a, 'k> {
    source: &'k str,
    name: &'k str,
    knowledge: &'k Knowledge<'k>,
    /// The script's own functions.
    own: &'a functions::Functions,
    watches: watches::Watches<'a>,
    found: Vec<ScriptError>,
}

impl Lint<'_, '_> {
    fn error(&self, at: Position, message: impl Into<String>, label: &str) -> ScriptError {
        ScriptError::new(self.name, self.source, message).mark(at, label)
    }
}

impl<'a> Finder<'a> for Lint<'a, '_> {
    fn call(&mut self, call: &Call<'_, 'a>) {
        self.check_names(call);
        self.check_call(call);
        self.check_top_level(call);
        self.note_watch(call);
        self.check_mutation(call);
    }

    fn assignment(&mut self, target: &'a rhai::Expr, scope: &walk::Scope<'a>) {
        self.check_assignment(target, scope);
    }

    fn discarded(&mut self, value: &'a rhai::Expr) {
        self.check_discarded(value);
    }

    fn discarded_call(&mut self, call: &Call<'_, 'a>) {
        self.check_discarded_call(call);
    }
}

#[cfg(test)]
mod tests;
