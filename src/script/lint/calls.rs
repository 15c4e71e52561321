//! Calls that cannot work: unknown functions, wrong arguments, impossible schedules.

use super::{Lint, Literal, ParamType, walk::Call};
use crate::suggest::did_you_mean;

/// What Rhai does itself and lists nowhere.
const BUILT_IN: [&str; 9] =
    ["Fn", "call", "curry", "debug", "is_def_fn", "is_def_var", "is_shared", "print", "type_of"];

impl<'a> Lint<'a, '_> {
    pub(super) fn check_call(&mut self, call: &Call<'_, 'a>) {
        let is_operator = !call.name.starts_with(|letter: char| letter.is_alphabetic());
        if call.is_own || is_operator {
            return;
        }
        let known = self.knowledge.functions;
        let exists =
            known.iter().any(|function| function == call.name) || BUILT_IN.contains(&call.name);
        if !known.is_empty() && !exists {
            let mut error =
                self.error(call.at, format!("there is no function `{}`", call.name), "here");
            error.help = if call.scope.contains(call.name) {
                Some(format!("a function in a variable is called as {}.call(…)", call.name))
            } else {
                did_you_mean(call.name, known.iter().map(String::as_str))
            };
            return self.found.push(error);
        }
        if self.arguments_fit(call) {
            self.check_schedule(call);
        }
    }

    /// False, with a finding, when no signature takes these arguments.
    fn arguments_fit(&mut self, call: &Call<'_, 'a>) -> bool {
        let signatures: Vec<_> =
            self.knowledge.signatures.iter().filter(|each| each.name == call.name).collect();
        let given: Vec<_> = call.args.iter().map(ParamType::of).collect();
        let fits = |params: &[ParamType]| {
            let params = if call.is_method { params.get(1..) } else { Some(params) };
            params.is_some_and(|params| {
                params.len() == given.len()
                    && params
                        .iter()
                        .zip(&given)
                        .all(|(param, given)| given.is_none_or(|given| given.fits(*param)))
            })
        };
        if signatures.is_empty() || signatures.iter().any(|signature| fits(signature.params)) {
            return true;
        }
        let words: Vec<_> = given.iter().map(|given| given.map_or("…", ParamType::word)).collect();
        let ways: Vec<_> =
            signatures.iter().map(|signature| signature.written(call.is_method)).collect();
        let message = format!("`{}` cannot be called with ({})", call.name, words.join(", "));
        let help = format!("it is called as {}", ways.join(" or "));
        self.found.push(self.error(call.at, message, "this call").help(help));
        false
    }

    fn check_schedule(&mut self, call: &Call<'_, 'a>) {
        let literals: Option<Vec<_>> = call.args.iter().map(Literal::of).collect();
        let Some(literals) = literals.filter(|literals| !literals.is_empty()) else { return };
        if let Err(message) = (self.knowledge.schedule_check)(call.name, &literals) {
            let at = call.args[0].position();
            self.found.push(self.error(at, message, "here"));
        }
    }

    /// The top level only declares.
    pub(super) fn check_top_level(&mut self, call: &Call<'_, 'a>) {
        if call.name == "run" && call.at_load && !call.is_own {
            let error = self
                .error(call.at, "`run` stands on the top level", "this would act on every load")
                .help("the top level only declares: put it into a watch's handler");
            self.found.push(error);
        }
    }
}
