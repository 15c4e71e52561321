//! Constants that are changed, also where Rhai would let it pass: a closure captures a constant
//! as if it were a variable.

use rhai::{Expr, Position};

use super::{
    Lint,
    walk::{Call, Scope},
};

/// Methods of arrays, maps and texts that change them in place.
const CHANGING: [&str; 25] = [
    "append",
    "chop",
    "clear",
    "crop",
    "dedup",
    "drain",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "sort",
    "splice",
    "trim",
    "truncate",
    "unshift",
];

impl<'a> Lint<'a, '_> {
    pub(super) fn check_assignment(&mut self, target: &'a Expr, scope: &Scope<'a>) {
        if let Some((name, at)) = root_of(target)
            && scope.is_constant(name)
        {
            self.constant_changed(name, at);
        }
    }

    pub(super) fn check_mutation(&mut self, call: &Call<'_, 'a>) {
        let changes = CHANGING.contains(&call.name);
        if let Some((name, at)) = call.receiver.filter(|_| changes).and_then(root_of)
            && call.scope.is_constant(name)
        {
            self.constant_changed(name, at);
        }
    }

    fn constant_changed(&mut self, name: &str, at: Position) {
        let error = self
            .error(at, format!("`{name}` is constant and stays so"), "changed here")
            .help("use `let` for what changes, `remember` for what must last");
        self.found.push(error);
    }
}

/// `C` of `C`, `C[0]` and `C.field`.
fn root_of(target: &Expr) -> Option<(&str, Position)> {
    match target {
        Expr::Variable(variable, _, at) if variable.2.is_empty() => Some((&variable.1, *at)),
        Expr::Index(parts, ..) | Expr::Dot(parts, ..) => root_of(&parts.lhs),
        _ => None,
    }
}
