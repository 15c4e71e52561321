//! The hosts and sensors that a script's text names, itself or by its constants.

use std::collections::BTreeMap;

use rhai::{AST, ASTFlags, ASTNode, Expr, Stmt};

use crate::{host::Inventory, script::api::words};

/// In the order of the site file; what stands in a variable is not seen.
pub(super) fn hosts(ast: &AST, inventory: &Inventory) -> Vec<String> {
    let named = first_texts(ast, |word| word == "hosts");
    let tags = first_texts(ast, |word| word == "tagged");
    let mut everything = false;
    each_call(ast, |word, _| everything |= word == "everything");
    inventory
        .iter()
        .filter(|host| {
            everything
                || named.iter().any(|name| **name == *host.name)
                || host.tags.iter().any(|tag| tags.contains(tag))
        })
        .map(|host| host.name.to_string())
        .collect()
}

pub(super) fn sensors(ast: &AST, sensors: &[String]) -> Vec<String> {
    let named = first_texts(ast, words::names_a_sensor);
    sensors.iter().filter(|sensor| named.contains(sensor)).cloned().collect()
}

/// Every text in the first argument of these words, also inside an array.
fn first_texts(ast: &AST, of: fn(&str) -> bool) -> Vec<String> {
    let constants = constants(ast);
    let mut texts = Vec::new();
    each_call(ast, |word, arguments| {
        if let Some(first) = arguments.first().filter(|_| of(word)) {
            collect(first, &constants, &mut texts);
        }
    });
    texts
}

/// The constants of the top level, which every function sees. Constants of constants stand in
/// order.
fn constants(ast: &AST) -> BTreeMap<&str, Vec<String>> {
    let mut constants = BTreeMap::new();
    for statement in ast.statements() {
        if let Stmt::Var(var, flags, _) = statement
            && flags.intersects(ASTFlags::CONSTANT)
        {
            let mut texts = Vec::new();
            collect(&var.1, &constants, &mut texts);
            constants.insert(var.0.name.as_str(), texts);
        }
    }
    constants
}

fn collect(argument: &Expr, constants: &BTreeMap<&str, Vec<String>>, texts: &mut Vec<String>) {
    match argument {
        Expr::StringConstant(text, _) => texts.push(text.to_string()),
        Expr::Array(items, _) => items.iter().for_each(|item| collect(item, constants, texts)),
        Expr::Variable(variable, ..) => {
            texts.extend(constants.get(variable.1.as_str()).into_iter().flatten().cloned());
        }
        _ => {}
    }
}

fn each_call(ast: &AST, mut see: impl FnMut(&str, &[Expr])) {
    ast.walk(&mut |path| {
        let call = match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                | ASTNode::Stmt(Stmt::FnCall(call, _)),
            ) => Some(call),
            _ => None,
        };
        if let Some(call) = call {
            see(&call.name, &call.args);
        }
        true
    });
}
