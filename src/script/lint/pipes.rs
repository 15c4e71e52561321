//! Pipes that nobody runs.

use rhai::{Expr, FnCallExpr, Position};

use super::{Lint, walk::Call};

impl<'a> Lint<'a, '_> {
    pub(super) fn check_discarded(&mut self, value: &'a Expr) {
        if self.is_pipe(value) {
            self.never_run(first_step(value));
        }
    }

    pub(super) fn check_discarded_call(&mut self, call: &Call<'_, 'a>) {
        if !call.is_own && self.makes_pipe(call.name, call.args) {
            let joined = call.args.first().filter(|_| call.name == "|");
            self.never_run(joined.map_or(call.at, first_step));
        }
    }

    fn never_run(&mut self, at: Position) {
        let error = self
            .error(at, "this pipe is never run", "only described here")
            .help("run(…) it; a pipe at the end of a handler is run by itself");
        self.found.push(error);
    }

    fn is_pipe(&self, value: &Expr) -> bool {
        match value {
            Expr::FnCall(call, _) => self.makes_pipe_call(call),
            // `.if_changed()` and its like give back the pipe, `hosts("a").stop()` makes one.
            Expr::Dot(chain, ..) => self.is_pipe(&chain.lhs) || self.is_pipe(&chain.rhs),
            Expr::MethodCall(call, _) => self.makes_pipe_call(call),
            _ => false,
        }
    }

    fn makes_pipe_call(&self, call: &FnCallExpr) -> bool {
        !call.is_qualified() && self.makes_pipe(&call.name, &call.args)
    }

    fn makes_pipe(&self, name: &str, args: &[Expr]) -> bool {
        match name {
            "|" => args.iter().any(|side| self.is_pipe(side)),
            _ => self.knowledge.steps.contains(&name),
        }
    }
}

/// Where a pipe begins.
fn first_step(pipe: &Expr) -> Position {
    match pipe {
        Expr::FnCall(call, at) if call.name == "|" => call.args.first().map_or(*at, first_step),
        Expr::Dot(chain, ..) => first_step(&chain.lhs),
        _ => pipe.start_position(),
    }
}
