//! The hosts and sensors that a script's text names.

use rhai::{AST, ASTNode, Expr};

use crate::{host::Inventory, script::api::words};

/// In the order of the site file; what stands in a variable is not seen.
pub(super) fn hosts(ast: &AST, inventory: &Inventory) -> Vec<String> {
    let named = first_texts(ast, |word| word == "hosts" || word == "host");
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
    let mut texts = Vec::new();
    each_call(ast, |word, arguments| match arguments.first().filter(|_| of(word)) {
        Some(Expr::StringConstant(text, _)) => texts.push(text.to_string()),
        Some(Expr::Array(items, _)) => texts.extend(items.iter().filter_map(|item| match item {
            Expr::StringConstant(text, _) => Some(text.to_string()),
            _ => None,
        })),
        _ => {}
    });
    texts
}

fn each_call(ast: &AST, mut see: impl FnMut(&str, &[Expr])) {
    ast.walk(&mut |path| {
        let call = match path.last() {
            Some(
                ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))
                | ASTNode::Stmt(rhai::Stmt::FnCall(call, _)),
            ) => Some(call),
            _ => None,
        };
        if let Some(call) = call {
            see(&call.name, &call.args);
        }
        true
    });
}
