//! Mistakes that show while a script runs: Rhai's chain of errors, walked from the outermost call
//! to the place itself.

use std::sync::Arc;

use rhai::{EvalAltResult, Position};

use crate::suggest::did_you_mean;

use super::{
    Context, ScriptError, Severity, Span, VocabularyError, known_functions, parse, plain::Plain,
    signatures_of, type_word,
};
use crate::script::{
    api::words::{self, Given, ParamType},
    engine::Stop,
};

/// Calls that keep a function for later.
const KEEPERS: [&str; 3] = ["watch", "after", "wemo"];

const CONSTANT: &str = "use `let` for what changes, `remember` for what must last";

struct Frame {
    file: Arc<str>,
    at: Position,
    text: String,
}

impl ScriptError {
    /// A mistake at run time, with the calls that led to it.
    pub fn from_eval(error: &EvalAltResult, context: &Context<'_>) -> Self {
        let mut file: Arc<str> = context.outermost.unwrap_or(context.name).into();
        let mut frames = Vec::new();
        let mut innermost = error;
        loop {
            match innermost {
                EvalAltResult::ErrorInFunctionCall(function, source, deeper, at) => {
                    let text = how_called(function, &context.text_of(&file), *at);
                    frames.push(Frame { file: file.clone(), at: *at, text });
                    if !source.is_empty() {
                        file = source.as_str().into();
                    }
                    innermost = deeper;
                }
                EvalAltResult::ErrorInModule(module, deeper, at) => {
                    let text = "imported here".to_string();
                    frames.push(Frame { file: file.clone(), at: *at, text });
                    file = module.as_str().into();
                    innermost = deeper;
                }
                _ => break,
            }
        }
        let text = context.text_of(&file);
        let place = Context { name: &file, source: &text, ..*context };
        let at = innermost.position();
        let mut mistake = explain(innermost, &place).into_error(&file, &text, at);
        for frame in frames.into_iter().rev() {
            mistake.add(frame, context);
        }
        mistake
    }

    fn add(&mut self, frame: Frame, context: &Context<'_>) {
        if frame.file == self.file {
            let taken = std::mem::replace(self, ScriptError::new("", "", ""));
            *self = taken.mark(frame.at, frame.text);
        } else {
            let source = context.text_of(&frame.file);
            let mut call = ScriptError::new(&frame.file, &source, frame.text.clone());
            call.severity = Severity::Note;
            self.elsewhere.push(call.mark(frame.at, frame.text));
        }
    }
}

/// Says how a function came to run, from the word that stands at the place of the call.
fn how_called(function: &str, source: &str, at: Position) -> String {
    let word = Span::at(source, at).map(|span| span.text(source)).unwrap_or_default();
    let is_word = word.starts_with(|letter: char| letter.is_alphabetic());
    if word == function {
        format!("called `{function}` here")
    } else if KEEPERS.contains(&word) {
        "handler registered here".into()
    } else if is_word {
        format!("called by `{word}` here")
    } else {
        "called from here".into()
    }
}

fn explain(error: &EvalAltResult, context: &Context<'_>) -> Plain {
    use EvalAltResult as E;
    match error {
        E::ErrorParsing(kind, _) => parse::explain(kind, context),
        E::ErrorRuntime(value, _) => thrown(value),
        E::ErrorTerminated(token, _) => stopped(token),
        E::ErrorFunctionNotFound(call, _) => no_function(call, context),
        E::ErrorVariableNotFound(name, _) => parse::not_yet(name, context),
        E::ErrorPropertyNotFound(name, _) => no_field(name),
        E::ErrorModuleNotFound(name, _) => Plain::new(format!("nothing is imported as `{name}`"))
            .help(format!("import \"{name}\" as {name};")),
        E::ErrorTooManyOperations(_) => {
            Plain::new("it did more operations than limits.operations allows")
                .help("does a loop end? limits.operations in the site file sets how much is allowed")
        }
        E::ErrorStackOverflow(_) => Plain::new("calls are nested too deeply")
            .help("does a function call itself without end? limits.depth sets how deep calls may go"),
        E::ErrorDataTooLarge(what, _) => {
            Plain::new(format!("{} is over the limit", what.to_lowercase()))
                .help("does something grow without end? limits.size in the site file sets how big values may be")
        }
        E::ErrorTooManyVariables(_) => Plain::new("too many variables at the same time"),
        E::ErrorTooManyModules(_) => Plain::new("too many imports"),
        E::ErrorAssignmentToConstant(name, _) => {
            Plain::new(format!("`{name}` is constant and stays so")).help(CONSTANT)
        }
        E::ErrorNonPureMethodCallOnConstant(method, _) => {
            Plain::new(format!("`{method}` would change a constant")).help(CONSTANT)
        }
        E::ErrorMismatchDataType(wanted, got, _) | E::ErrorMismatchOutputType(wanted, got, _) => {
            Plain::new(format!("{} stands where {} belongs", type_word(got), type_word(wanted)))
        }
        // `bool [i64]`: the value, and what stands in the brackets.
        E::ErrorIndexingType(what, _) => {
            let value = what.split(" [").next().unwrap_or(what);
            Plain::new(format!("{} has no such elements or fields", type_word(value)))
        }
        E::ErrorArrayBounds(0, ..) => Plain::new("the array is empty"),
        E::ErrorArrayBounds(length, index, _) => {
            Plain::new(format!("the array ends before [{index}], its length is {length}"))
                .help("the first element is [0]")
        }
        E::ErrorFor(_) => Plain::new("`for` cannot go through this")
            .help("it goes through arrays, ranges and texts: for i in 0..5 { … }"),
        E::ErrorDotExpr(what, _) => Plain::new(what.to_lowercase()),
        E::ErrorArithmetic(what, _) => Plain::new(what.to_lowercase()),
        E::ErrorDataRace(what, _) => {
            Plain::new(format!("a value is changed while it is being read: {what}"))
                .help("work on a copy: let copy = value;")
        }
        other => Plain::new(without_position(other)),
    }
}

fn thrown(value: &rhai::Dynamic) -> Plain {
    match value.read_lock::<VocabularyError>() {
        Some(error) => {
            let mut plain = Plain::new(error.message.clone());
            plain.help.clone_from(&error.help);
            plain
        }
        None if value.is_unit() => Plain::new("the script threw an error"),
        None => Plain::new(value.to_string()),
    }
}

fn stopped(token: &rhai::Dynamic) -> Plain {
    match token.read_lock::<Stop>().as_deref() {
        Some(Stop::Cancelled) => Plain::new("it was asked to stop"),
        Some(stop) => Plain::new(format!("it {stop}"))
            .help("does a loop end? what waits inside `run` does not count"),
        None => Plain::new("it was stopped"),
    }
}

/// `call` is Rhai's signature of the call: `wach (string, Fn)`.
fn no_function(call: &str, context: &Context<'_>) -> Plain {
    let (name, given) = call.split_once(" (").unwrap_or((call, ""));
    let types = given.trim_end_matches(')').replace("&str | ImmutableString | String", "string");
    let given: Vec<_> = types
        .split(", ")
        .filter(|each| !each.is_empty())
        .map(|each| type_word(context.engine.map_type_name(each)))
        .collect();
    let signatures = signatures_of(name, context);
    if signatures.is_empty() {
        let known = known_functions(context);
        let mut plain = Plain::new(format!("there is no function `{name}`"));
        plain.help = if parse::words_defined_in(context.source).contains(&name) {
            Some(format!("`{name}` is a value; a function in it is called as {name}.call(…)"))
        } else {
            did_you_mean(name, known.iter().map(String::as_str))
        };
        return plain;
    }
    let is_own = context.ast.is_some_and(|ast| ast.iter_functions().any(|own| own.name == name));
    let known = if is_own { &[] } else { words::forms(name) };
    let kinds: Vec<_> =
        given.iter().map(|word| Given { kind: ParamType::of_word(word), text: None }).collect();
    if let Some(misfit) = words::misfit(name, known, false, &kinds) {
        return Plain::new(misfit.message).help(misfit.help);
    }
    let given = given.join(", ");
    let is_operator = !name.starts_with(|letter: char| letter.is_alphabetic());
    if is_operator {
        let plain =
            Plain::new(format!("`{name}` does not work on {}", given.replace(", ", " and ")));
        return if name == "|" {
            plain.help("`|` joins steps: start(hosts(\"foo\")) | email(\"started\")")
        } else {
            plain
        };
    }
    Plain::new(format!("`{name}` cannot be called with ({given})"))
        .help(format!("it is called as {}", signatures.join(" or ")))
}

fn no_field(name: &str) -> Plain {
    Plain::new(format!("there is no field `{name}`"))
        .help(format!("`\"{name}\" in …` asks whether a map has it"))
}

fn without_position(error: &EvalAltResult) -> String {
    let text = error.to_string();
    text.rsplit_once(" (line").map_or(text.as_str(), |(text, _)| text).to_string()
}
