//! A walk over a script's syntax tree that knows what is constant, what runs at load, and whose
//! value nobody takes.

use rhai::{AST, ASTFlags, Expr, FnCallExpr, FnPtr, Position, Stmt, StmtBlock};

use super::functions::{Function, Functions, is_closure};

/// A call, as `f(x)`, `x.f()` or `x | f`.
pub(super) struct Call<'s, 'a> {
    pub name: &'a str,
    pub args: &'a [Expr],
    pub is_method: bool,
    /// The variable, or part of one, that a method works on in place.
    pub receiver: Option<&'a Expr>,
    /// The place of the name.
    pub at: Position,
    /// It runs when the script is loaded, not in a handler.
    pub at_load: bool,
    /// A function of the script's own, or of an imported module.
    pub is_own: bool,
    pub scope: &'s Scope<'a>,
}

/// What the walk reports.
pub(super) trait Finder<'a> {
    fn call(&mut self, call: &Call<'_, 'a>);
    fn assignment(&mut self, target: &'a Expr, scope: &Scope<'a>);
    /// A call as a statement whose value nobody takes.
    fn discarded_call(&mut self, call: &Call<'_, 'a>);
    /// Any other statement whose value nobody takes.
    fn discarded(&mut self, value: &'a Expr);
}

/// The names in sight, innermost last, and whether each is constant.
#[derive(Default)]
pub(super) struct Scope<'a>(Vec<(&'a str, bool)>);

impl Scope<'_> {
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| *each == name)
    }

    pub fn is_constant(&self, name: &str) -> bool {
        let innermost = self.0.iter().rev().find(|(each, _)| *each == name);
        innermost.is_some_and(|(_, constant)| *constant)
    }
}

/// Walks the top level, then every named function; closures where they stand.
pub(super) fn walk<'a>(ast: &'a AST, functions: &'a Functions, finder: &mut impl Finder<'a>) {
    let mut walker = Walker { functions, finder, scope: Scope::default(), at_load: true };
    walker.statements(ast.statements(), false);
    // Functions see the constants of the top level, and nothing else of it.
    walker.scope.0.retain(|(_, constant)| *constant);
    walker.at_load = false;
    for (_, function) in functions.iter().filter(|(name, _)| !is_closure(name)) {
        walker.body(function, &[]);
    }
}

struct Walker<'w, 'a, F> {
    functions: &'a Functions,
    finder: &'w mut F,
    scope: Scope<'a>,
    at_load: bool,
}

impl<'a, F: Finder<'a>> Walker<'_, 'a, F> {
    /// The body of a function; its first parameters are those that a closure captured.
    fn body(&mut self, function: &'a Function, captured: &[Expr]) {
        let outer = self.scope.0.len();
        let constant =
            |index: usize| captured.get(index).is_some_and(|each| self.is_constant(each));
        let params: Vec<_> = function
            .params
            .iter()
            .enumerate()
            .map(|(index, name)| (name.as_str(), constant(index)))
            .collect();
        self.scope.0.extend(params);
        let at_load = std::mem::replace(&mut self.at_load, false);
        self.statements(&function.body, true);
        self.at_load = at_load;
        self.scope.0.truncate(outer);
    }

    fn is_constant(&self, captured: &Expr) -> bool {
        matches!(captured, Expr::Variable(variable, ..) if self.scope.is_constant(&variable.1))
    }

    fn block(&mut self, block: &'a StmtBlock, taken: bool) {
        let outer = self.scope.0.len();
        self.statements(block.statements(), taken);
        self.scope.0.truncate(outer);
    }

    /// `taken`: somebody takes the value of the last statement.
    fn statements(&mut self, statements: &'a [Stmt], taken: bool) {
        // A semicolon at the very end leaves an empty statement, and the value as it is.
        let last = statements.iter().rposition(|statement| !statement.is_noop());
        for (index, statement) in statements.iter().enumerate() {
            self.statement(statement, taken && Some(index) == last);
        }
    }

    fn statement(&mut self, statement: &'a Stmt, taken: bool) {
        match statement {
            Stmt::Var(var, flags, _) => {
                self.expression(&var.1);
                self.scope.0.push((&var.0.name, flags.intersects(ASTFlags::CONSTANT)));
            }
            Stmt::Assignment(assignment) => {
                let sides = &assignment.1;
                self.finder.assignment(&sides.lhs, &self.scope);
                self.expression(&sides.lhs);
                self.expression(&sides.rhs);
            }
            Stmt::FnCall(call, at) => self.function_call(call, *at, !taken),
            Stmt::Expr(value) => self.value(value, taken),
            Stmt::If(flow, _) => {
                self.expression(&flow.expr);
                self.block(&flow.body, taken);
                self.block(&flow.branch, taken);
            }
            Stmt::Switch(switch, _) => {
                self.expression(&switch.0);
                for case in &switch.1.expressions {
                    self.expression(&case.lhs);
                    self.value(&case.rhs, taken);
                }
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(&flow.body, false);
            }
            Stmt::For(parts, _) => {
                let (item, counter, flow) = &**parts;
                self.expression(&flow.expr);
                let outer = self.scope.0.len();
                let names = std::iter::once(item).chain(counter);
                self.scope.0.extend(names.map(|each| (each.name.as_str(), false)));
                self.block(&flow.body, false);
                self.scope.0.truncate(outer);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(&flow.body, taken);
                let outer = self.scope.0.len();
                if let Expr::Variable(caught, ..) = &flow.expr {
                    self.scope.0.push((&caught.1, false));
                }
                self.block(&flow.branch, taken);
                self.scope.0.truncate(outer);
            }
            Stmt::Block(block) => self.block(block, taken),
            Stmt::Return(Some(value), ..) | Stmt::BreakLoop(Some(value), ..) => {
                self.expression(value);
            }
            Stmt::Import(import, _) => self.expression(&import.0),
            _ => {}
        }
    }

    fn value(&mut self, value: &'a Expr, taken: bool) {
        match value {
            Expr::Stmt(block) => self.block(block, taken),
            Expr::FnCall(call, at) => self.function_call(call, *at, !taken),
            _ => {
                if !taken {
                    self.finder.discarded(value);
                }
                self.expression(value);
            }
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::DynamicConstant(value, _) => {
                if let Some(function) = value.read_lock::<FnPtr>() {
                    self.closure(&function, &[]);
                }
            }
            Expr::InterpolatedString(parts, _) | Expr::Array(parts, _) => {
                parts.iter().for_each(|part| self.expression(part));
            }
            Expr::Map(fields, _) => fields.0.iter().for_each(|(_, value)| self.expression(value)),
            Expr::FnCall(call, at) => self.function_call(call, *at, false),
            Expr::Stmt(block) => self.block(block, true),
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                self.expression(&parts.lhs);
                self.chain(Some(&parts.lhs), &parts.rhs);
            }
            Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => {
                parts.iter().for_each(|part| self.expression(part));
            }
            _ => {}
        }
    }

    /// What follows a dot or stands in brackets. Returns what the next link works on in place:
    /// nothing that lasts, after a method.
    fn chain(&mut self, receiver: Option<&'a Expr>, link: &'a Expr) -> Option<&'a Expr> {
        match link {
            Expr::MethodCall(call, at) => {
                self.call(call, *at, Some(receiver), false);
                None
            }
            Expr::Dot(parts, ..) | Expr::Index(parts, ..) => {
                let receiver = self.chain(receiver, &parts.lhs);
                self.chain(receiver, &parts.rhs)
            }
            Expr::Property(..) => receiver,
            index => {
                self.expression(index);
                receiver
            }
        }
    }

    fn function_call(&mut self, call: &'a FnCallExpr, at: Position, discarded: bool) {
        // A closure that captures is written by the parser as a call.
        if let ("curry", [Expr::DynamicConstant(value, _), captured @ ..]) =
            (call.name.as_str(), &*call.args)
            && let Some(function) = value.read_lock::<FnPtr>()
        {
            return self.closure(&function, captured);
        }
        self.call(call, at, None, discarded);
    }

    /// `method`: it stands behind a dot, and what it works on in place.
    fn call(
        &mut self,
        call: &'a FnCallExpr,
        at: Position,
        method: Option<Option<&'a Expr>>,
        discarded: bool,
    ) {
        call.args.iter().for_each(|argument| self.expression(argument));
        let call = Call {
            name: &call.name,
            args: &call.args,
            is_method: method.is_some(),
            receiver: method.flatten(),
            at,
            at_load: self.at_load,
            is_own: call.is_qualified() || self.functions.contains(&call.name),
            scope: &self.scope,
        };
        self.finder.call(&call);
        if discarded {
            self.finder.discarded_call(&call);
        }
    }

    fn closure(&mut self, function: &FnPtr, captured: &'a [Expr]) {
        captured.iter().for_each(|each| self.expression(each));
        if let Some(function) = self.functions.closure(function) {
            self.body(function, captured);
        }
    }
}
