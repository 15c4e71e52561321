//! From source to a syntax tree, strict about names.

use rhai::{AST, ASTFlags, Dynamic, Engine, ParseError, Scope, Stmt};

use super::Names;
use crate::script::diagnostics::{Context, ScriptError};

/// Compiles a script. `name` is its file as people should read it, relative to the scripts' folder.
///
/// # Errors
/// The first mistake that the parser finds, names that nobody defined among them.
pub fn compile(
    engine: &Engine,
    names: &Names,
    name: &str,
    source: &str,
) -> Result<AST, Box<ScriptError>> {
    compile_after(engine, names, &Scope::new(), name, source)
}

/// [`compile`] for a text that may use, and change, the variables that earlier ones left behind.
///
/// # Errors
/// Like [`compile`].
pub fn compile_after(
    engine: &Engine,
    names: &Names,
    earlier: &Scope<'_>,
    name: &str,
    source: &str,
) -> Result<AST, Box<ScriptError>> {
    parse_after(engine, names, earlier, name, source).map_err(|error| {
        let context = Context { names: Some(names), ..Context::new(engine, name, source) };
        Box::new(ScriptError::from_parse(&error, &context))
    })
}

pub(crate) fn parse(
    engine: &Engine,
    names: &Names,
    name: &str,
    source: &str,
) -> Result<AST, ParseError> {
    parse_after(engine, names, &Scope::new(), name, source)
}

fn parse_after(
    engine: &Engine,
    names: &Names,
    earlier: &Scope<'_>,
    name: &str,
    source: &str,
) -> Result<AST, ParseError> {
    let mut known = Scope::new();
    for (each, is_constant, _) in earlier.iter_raw() {
        if is_constant {
            known.push_constant_dynamic(each, Dynamic::UNIT);
        } else {
            known.push_dynamic(each, Dynamic::UNIT);
        }
    }
    for each in names.iter() {
        known.push_constant_dynamic(each, Dynamic::UNIT);
    }
    for each in defined_names(engine, source)? {
        known.push_constant_dynamic(each, Dynamic::UNIT);
    }
    let script = engine.compile_with_scope(&known, source)?;
    let mut ast = opening(engine)?.merge(&script);
    ast.set_source(name);
    Ok(ast)
}

/// A constant before the first line of every script. Rhai makes its table of constants when it
/// meets the first one; a watch that stands above it would keep a context without the table.
fn opening(engine: &Engine) -> Result<AST, ParseError> {
    engine.compile("const watchpost = ();")
}

/// The top-level constants and the functions of a script: the strict parser is told of them, so
/// that they may be used before the line that defines them, and inside functions.
fn defined_names(engine: &Engine, source: &str) -> Result<Vec<String>, ParseError> {
    let mut lenient = Engine::new_raw();
    lenient
        .set_max_expr_depths(engine.max_expr_depth(), engine.max_function_expr_depth())
        .set_max_functions(engine.max_functions());
    let ast = lenient.compile(source)?;
    let constants = ast.statements().iter().filter_map(|statement| match statement {
        Stmt::Var(var, flags, _) if flags.intersects(ASTFlags::CONSTANT) => {
            Some(var.0.name.to_string())
        }
        _ => None,
    });
    let functions = ast.iter_functions().map(|function| function.name.to_string());
    Ok(constants.chain(functions).collect())
}
