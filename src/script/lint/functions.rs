//! The bodies of a script's functions and closures.

use rhai::{AST, ASTNode, FnPtr, Stmt};

/// A function or a closure; a closure's captured variables come first among its parameters.
pub(super) struct Function {
    pub params: Vec<String>,
    pub body: Vec<Stmt>,
}

/// Every function and closure of a script. Two of the same name differ in their parameters.
pub(super) struct Functions(Vec<(String, Function)>);

impl Functions {
    pub fn of(ast: &AST) -> Self {
        let functions = ast.iter_functions().map(|function| {
            let params = function.params.iter().map(ToString::to_string).collect();
            let body = body(ast, function.name, function.params.len());
            (function.name.to_string(), Function { params, body })
        });
        let mut functions: Vec<_> = functions.collect();
        functions.sort_by(|(left, _), (right, _)| left.cmp(right));
        Functions(functions)
    }

    pub fn iter(&self) -> impl Iterator<Item = &(String, Function)> {
        self.0.iter()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// The body of a closure; `None` for a pointer to a named function.
    pub fn closure(&self, pointer: &FnPtr) -> Option<&Function> {
        let name = pointer.is_anonymous().then(|| pointer.fn_name())?;
        self.0.iter().find(|(each, _)| each == name).map(|(_, function)| function)
    }
}

/// Rhai gives out a function's statements only by walking a tree that holds nothing else.
fn body(ast: &AST, name: &str, params: usize) -> Vec<Stmt> {
    let mut alone = ast.clone_functions_only();
    alone.retain_functions(|_, _, each, count| each == name && count == params);
    let mut statements = Vec::new();
    alone.walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

/// Rhai names closures itself, in a way that no script can.
pub(super) fn is_closure(name: &str) -> bool {
    name.starts_with("anon$")
}
