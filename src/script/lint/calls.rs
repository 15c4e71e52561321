//! Calls that cannot work: unknown functions, wrong arguments, impossible schedules.

use rhai::Expr;

use super::{Lint, Literal, literal::given, walk::Call};
use crate::{
    clock::parse_duration,
    script::api::words::{Form, ParamType, misfit},
    suggest::did_you_mean,
};

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

    /// False, with a finding, when no form of the word takes these arguments.
    fn arguments_fit(&mut self, call: &Call<'_, 'a>) -> bool {
        let own = self.own;
        let words = self.knowledge.words;
        let forms_of = |name: &str| -> &'static [Form] {
            match words.iter().find(|word| word.name == name) {
                Some(word) if !own.contains(name) => word.forms,
                _ => &[],
            }
        };
        let forms = forms_of(call.name);
        let given: Vec<_> = call.args.iter().map(|each| given(each, forms_of)).collect();
        let Some(misfit) = misfit(call.name, forms, call.is_method, &given) else {
            return self.durations_are_well(call, forms);
        };
        if self.may_be_rhais(call, misfit.argument.is_some()) {
            return true;
        }
        let argument = misfit.argument.and_then(|index| call.args.get(index));
        let (at, label) = match argument {
            Some(argument) => (argument.start_position(), "this argument"),
            None => (call.at, "this call"),
        };
        self.found.push(self.error(at, misfit.message, label).help(misfit.help));
        false
    }

    /// Whether a call that fits no word may be of Rhai's function of the same name: `[1].len()`,
    /// `all(array, function)`. With a single wrong argument the word is meant: `start("foo")`.
    fn may_be_rhais(&self, call: &Call<'_, 'a>, single: bool) -> bool {
        let is_shared = self.knowledge.shared.contains(&call.name);
        is_shared && (call.is_method || call.name == "len" || !single)
    }

    fn durations_are_well(&mut self, call: &Call<'_, 'a>, forms: &[Form]) -> bool {
        let skipped = usize::from(call.is_method);
        let of_length = |form: &&Form| form.params.len() == call.args.len() + skipped;
        let Some(form) = forms.iter().find(of_length) else { return true };
        let mut all_well = true;
        for ((_, kind), argument) in form.params.iter().skip(skipped).zip(call.args) {
            if let (ParamType::Duration, Expr::StringConstant(text, at)) = (kind, argument)
                && let Err(error) = parse_duration(text)
            {
                self.found.push(self.error(*at, error.to_string(), "here"));
                all_well = false;
            }
        }
        all_well
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
