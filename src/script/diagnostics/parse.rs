//! Mistakes that the parser finds.

use rhai::{LexError, ParseError, ParseErrorType, Position};

use super::{Context, ScriptError, Span, brackets::unclosed, known_functions, plain::Plain};
use crate::suggest::did_you_mean;

impl ScriptError {
    /// A mistake in the syntax, or a name that nobody defined.
    pub fn from_parse(error: &ParseError, context: &Context<'_>) -> Self {
        let at_end = Span::at(context.source, error.1)
            .is_none_or(|span| span.bytes.start >= context.source.trim_end().len());
        let (name, source) = (context.name, context.source);
        let opened = |mistake: Self| match unclosed(source) {
            Some(at) => mistake.mark(at, "opened here and not closed"),
            None => mistake,
        };
        match error.err_type() {
            ParseErrorType::MissingToken(..) | ParseErrorType::UnexpectedEOF if at_end => {
                let plain = explain(&ParseErrorType::UnexpectedEOF, context);
                let plain = plain.label("the script ends here");
                opened(plain.into_error(name, source, end_of(source)))
            }
            other @ ParseErrorType::MissingToken(..) => {
                opened(explain(other, context).into_error(name, source, error.1))
            }
            other => explain(other, context).into_error(name, source, error.1),
        }
    }
}

/// The last character that is not blank.
fn end_of(source: &str) -> Position {
    let last = source.trim_end().lines().enumerate().last();
    let (index, line) = last.unwrap_or((0, ""));
    let place = (u16::try_from(index + 1), u16::try_from(line.chars().count()));
    match place {
        (Ok(line), Ok(column)) => Position::new(line, column.max(1)),
        _ => Position::NONE,
    }
}

pub(super) fn explain(error: &ParseErrorType, context: &Context<'_>) -> Plain {
    use ParseErrorType as E;
    match error {
        E::VariableUndefined(name) => undefined(name, context),
        E::ModuleUndefined(name) => Plain::new(format!("nothing is imported as `{name}`"))
            .help(format!("import \"{name}\" as {name};")),
        E::UnexpectedEOF => Plain::new("the script ends too early")
            .help("a bracket, brace or parenthesis is still open"),
        E::BadInput(LexError::UnterminatedString) => Plain::new("this text has no closing quote")
            .help("a text over several lines stands in `…`"),
        E::MissingToken(token, purpose) => {
            Plain::new(format!("`{token}` is missing {purpose}")).label("before this")
        }
        E::AssignmentToConstant(name) if name.is_empty() => {
            Plain::new("a constant stays constant").help("use `let` for what changes")
        }
        E::AssignmentToConstant(name) => {
            Plain::new(format!("`{name}` is a constant and stays one"))
                .help("use `let` for what changes, `remember` for what must last")
        }
        E::Reserved(word) => Plain::new(format!("`{word}` is a word of the language itself"))
            .help("choose another name"),
        E::WrongFnDefinition => Plain::new("functions stand on the top level of a script")
            .help("inside a block use a closure: let f = |x| …;"),
        E::ExprTooDeep => Plain::new("this is nested too deeply")
            .help("give its parts names with `let`, or move them into functions"),
        E::TooManyFunctions => Plain::new("too many functions in one script"),
        E::LiteralTooLarge(what, most) => {
            Plain::new(format!("{} is over the limit of {most}", what.to_lowercase()))
                .help("limits.size in the site file sets it")
        }
        other => {
            let text = other.to_string();
            let mut letters = text.chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string());
            Plain::new(first.unwrap_or_default() + letters.as_str())
        }
    }
}

/// A name that is neither a variable in sight, a constant, nor a function.
pub(super) fn undefined(name: &str, context: &Context<'_>) -> Plain {
    let plain = Plain::new(format!("nothing is called `{name}`"));
    let functions = known_functions(context);
    let vocabulary = context.names.into_iter().flat_map(|names| names.iter());
    let own = words_defined_in(context.source);
    if own.contains(&name) {
        return plain.label("not in sight here").help(format!(
            "functions do not see a `let` of the top level: make `{name}` a `const`, or pass it as \
             an argument"
        ));
    }
    let known = functions.iter().map(String::as_str).chain(vocabulary).chain(own);
    match did_you_mean(name, known) {
        Some(help) => plain.help(help),
        None => plain.help("a text stands in quotes; a value of your own needs `let` or `const`"),
    }
}

/// A name that the parser knew and the run did not: its line has not been reached yet.
pub(super) fn not_yet(name: &str, context: &Context<'_>) -> Plain {
    if !words_defined_in(context.source).contains(&name) {
        return undefined(name, context);
    }
    Plain::new(format!("`{name}` is defined further down"))
        .label("needed here")
        .help(format!("move the line that defines `{name}` up, above the first one that needs it"))
}

/// The names after `let` and `const`, wherever they stand.
pub(super) fn words_defined_in(source: &str) -> Vec<&str> {
    let mut words = source
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty());
    let mut defined = Vec::new();
    while let Some(word) = words.next() {
        if matches!(word, "let" | "const") {
            defined.extend(words.next());
        }
    }
    defined
}
