//! A script's own thread: it owns the engine, and serves one request after another.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rhai::{AST, Dynamic, Engine, EvalAltResult, FuncArgs, NativeCallContext, Scope};

use super::{
    Source, api,
    context::{Context, Fallible, Moment, Surroundings, TimerDesk},
    declarations::Declarations,
    diagnostics::{self, ScriptError, vocabulary_error},
    engine::{
        Budget, STACK_SIZE, ScriptsFolder, StoredFunction, base_engine, compile, compile_after,
    },
    lane::{Ended, FromScript, HandlerError, Outcome, Stamp, ThreadEnd, ToScript},
    values::{HostSet, PipeValue},
};
use crate::{
    config::Limits,
    plan::{Callback, Pipe, Place, Row},
};

/// A word that no owner would write: its call at the end of the top level keeps the context in
/// which functions are called by their names.
const KEEP_CONTEXT: &str = "__watchpost_keep_context";

type Panicked = Box<dyn Any + Send>;

/// Starts the thread. Its first word on the lane is [`FromScript::Loaded`].
pub fn spawn(
    source: Source,
    around: Surroundings,
    limits: Limits,
    end: ThreadEnd,
    timers: TimerDesk,
) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name(format!("script {}", source.name))
        .stack_size(STACK_SIZE)
        .spawn(move || Script::new(source, around, &limits, end, timers).serve())
        .map(drop)
}

struct Script {
    engine: Engine,
    context: Arc<Context>,
    source: Source,
    imports: ScriptsFolder,
    ast: AST,
    /// Calls functions by their names; there once the top level has been run.
    root: Arc<std::sync::OnceLock<StoredFunction>>,
    /// The variables of `eval`.
    scope: Scope<'static>,
}

impl Script {
    fn new(
        source: Source,
        around: Surroundings,
        limits: &Limits,
        end: ThreadEnd,
        timers: TimerDesk,
    ) -> Self {
        let mut engine = base_engine(limits, &source.folder);
        let imports = ScriptsFolder::install(&mut engine, &source.folder, &api::names());
        let budget = Budget::install(&mut engine, limits);
        let context = Arc::new(Context::new(source.name.clone(), around, end, budget, timers));
        api::register(&mut engine, &context);
        let (printing, debugging) = (context.clone(), context.clone());
        engine.on_print(move |text| printing.print(text));
        engine.on_debug(move |text, _, position| debugging.print(&format!("{position:?} {text}")));
        let root = Arc::new(std::sync::OnceLock::new());
        let keep = root.clone();
        engine.register_fn(KEEP_CONTEXT, move |ctx: NativeCallContext| -> Fallible<()> {
            let pointer = rhai::FnPtr::new(KEEP_CONTEXT)?;
            keep.get_or_init(|| StoredFunction::new(&ctx, pointer));
            Ok(())
        });
        Script { engine, context, source, imports, ast: AST::empty(), root, scope: Scope::new() }
    }

    fn serve(mut self) {
        let loaded = self.load();
        let mistaken = loaded.is_err();
        if !self.context.lane.send(FromScript::Loaded(loaded)) || mistaken {
            return;
        }
        while let Some(message) = self.context.lane.receive() {
            let answer = match message {
                ToScript::Fire { function, event, stamp } => {
                    FromScript::Done(self.fire(&function, event, stamp))
                }
                ToScript::Eval { expression } => FromScript::Done(self.eval(&expression)),
                ToScript::Keeps { .. } | ToScript::PipeFor { .. } => {
                    self.context.budget.start();
                    self.context.serve_function(&self.engine, message)
                }
                ToScript::Report(_) | ToScript::Seen(_) => continue,
            };
            self.context.budget.pause();
            if !self.context.lane.send(answer) {
                return;
            }
        }
    }

    /// Compiles the script and runs its top level, which only declares.
    fn load(&mut self) -> Result<Declarations, Box<ScriptError>> {
        let names = api::names();
        self.ast = compile(&self.engine, &names, &self.source.file, &self.source.text)?;
        self.context.budget.start();
        let whole = match self.engine.compile(format!("{KEEP_CONTEXT}();")) {
            Ok(closing) => self.ast.merge(&closing),
            Err(error) => return Err(self.mistake(&error.into())),
        };
        let result = guarded(|| self.engine.run_ast(&whole));
        self.context.budget.pause();
        let unused = self.context.unused.take();
        match result {
            Ok(result) => result.map_err(|error| self.mistake(&error))?,
            Err(panic) => return Err(self.panicked(panic)),
        }
        self.no_pipe_left_over(unused)?;
        let mut declared = std::mem::take(&mut *self.context.declared());
        declared.imports = self.imports.files();
        Ok(declared)
    }

    fn fire(&self, function: &Callback, event: serde_json::Value, stamp: Stamp) -> Ended {
        self.in_handler(Moment::of(stamp), || {
            let function = self.context.stored(&self.root, function)?;
            if function.wants_argument(&self.ast) {
                function.call(&self.engine, (rhai::serde::to_dynamic(event)?,))
            } else {
                function.call(&self.engine, ())
            }
        })
    }

    fn eval(&mut self, expression: &str) -> Ended {
        let names = api::names();
        let compiled = compile_after(&self.engine, &names, &self.scope, "eval", expression);
        let ast = match compiled {
            Ok(ast) => ast,
            Err(error) => {
                return Ended::before_it_began(error);
            }
        };
        let mut scope = std::mem::take(&mut self.scope);
        let source =
            Source { text: expression.to_owned(), file: "eval".into(), ..self.source.clone() };
        let outer = std::mem::replace(&mut self.source, source);
        let ended = self.in_handler(Moment::asked(), || {
            self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast)
        });
        self.source = outer;
        self.scope = scope;
        ended
    }

    /// Runs something as a handler: with a budget, and answering for every pipe that it makes.
    fn in_handler(
        &self,
        moment: Moment,
        run: impl FnOnce() -> Result<Dynamic, Box<EvalAltResult>>,
    ) -> Ended {
        let is_asked = moment.printed.is_some();
        self.context.enter(moment);
        self.context.budget.start();
        let result = guarded(run);
        self.context.budget.pause();
        let result = match result {
            Ok(Ok(value)) => {
                let outcome = outcome(value, is_asked);
                self.no_pipe_left_over(self.context.unused.take()).map(|()| outcome)
            }
            Ok(Err(error)) => Err(self.mistake(&error)),
            Err(panic) => Err(self.panicked(panic)),
        };
        // A handler that threw may have left pipes behind; its error says enough.
        self.context.unused.take();
        let moment = self.context.leave();
        Ended {
            result: result.map_err(|error| HandlerError { error, gone: moment.gone }),
            saw: moment.saw,
            printed: moment.printed.unwrap_or_default(),
        }
    }

    fn no_pipe_left_over(&self, unused: Vec<Place>) -> Result<(), Box<ScriptError>> {
        match unused.first() {
            None => Ok(()),
            Some(place) => {
                let help = "write `run(…)` around it, join it with `|`, or return it";
                let error = vocabulary_error(
                    "this pipe is made and never run",
                    Some(help.to_owned()),
                    place_position(place),
                );
                Err(self.mistake(&error))
            }
        }
    }

    fn mistake(&self, error: &EvalAltResult) -> Box<ScriptError> {
        Box::new(ScriptError::from_eval(error, &self.diagnosing()))
    }

    fn panicked(&self, panic: Panicked) -> Box<ScriptError> {
        Box::new(ScriptError::from_panic(&*panic, &self.source.file, &self.source.text))
    }

    fn diagnosing(&self) -> diagnostics::Context<'_> {
        diagnostics::Context {
            ast: Some(&self.ast),
            root: Some(&self.source.folder),
            ..diagnostics::Context::new(&self.engine, &self.source.file, &self.source.text)
        }
    }
}

fn place_position(place: &Place) -> rhai::Position {
    u16::try_from(place.line).ok().filter(|line| *line > 0).map_or(rhai::Position::NONE, |line| {
        rhai::Position::new(line, u16::try_from(place.column).unwrap_or(1))
    })
}

/// A pipe that was returned is to be run; anything else is text for whoever asked.
fn outcome(value: Dynamic, is_asked: bool) -> Outcome {
    if value.is_unit() {
        return Outcome::default();
    }
    let plain = match (value.as_bool(), value.as_int(), value.as_float()) {
        (Ok(on), ..) => Some(on.into()),
        (_, Ok(number), _) => Some(number.into()),
        (_, _, Ok(number)) => Some(number.into()),
        _ => None,
    };
    if is_report(&value) {
        // The report itself goes to whoever asked.
        return Outcome::default();
    }
    let text = match is_asked {
        true if value.is_string() => value.to_string(),
        true => format!("{value:?}"),
        false => String::new(),
    };
    match value.try_cast::<PipeValue>() {
        Some(pipe) => Outcome { pipe: Some(pipe.take()), ..Outcome::default() },
        None => Outcome { pipe: None, text, value: plain },
    }
}

/// What `run` returns.
fn is_report(value: &Dynamic) -> bool {
    value.read_lock::<rhai::Map>().is_some_and(|map| {
        map.len() == 4
            && ["ok", "changed", "rows", "failed"].iter().all(|key| map.contains_key(*key))
    })
}

/// A panic in a native function ends the handler, and nothing else.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run))
}

impl Context {
    /// Hands the async side a request and waits for its answer, serving the pipes' functions
    /// meanwhile. The wait is not the handler's own computing.
    pub(super) fn wait_for(
        &self,
        ctx: &NativeCallContext,
        request: FromScript,
    ) -> Fallible<ToScript> {
        self.in_handler(ctx, |_| ())?;
        let _waiting = self.budget.waiting();
        let mut open = self.lane.send(request);
        while open {
            match self.lane.receive() {
                Some(message @ (ToScript::Keeps { .. } | ToScript::PipeFor { .. })) => {
                    self.budget.resume();
                    let answer = self.serve_function(ctx.engine(), message);
                    self.budget.pause();
                    open = self.lane.send(answer);
                }
                Some(answer) => return Ok(answer),
                None => break,
            }
        }
        Err(EvalAltResult::ErrorTerminated(
            Dynamic::from(super::engine::Stop::Cancelled),
            ctx.call_position(),
        )
        .into())
    }

    /// Calls the function of a `pick` or a `one_by_one`.
    fn serve_function(&self, engine: &Engine, message: ToScript) -> FromScript {
        match message {
            ToScript::Keeps { function, row } => {
                FromScript::Kept(self.keeps(engine, &function, &row))
            }
            ToScript::PipeFor { function, host } => {
                FromScript::PipeIs(self.pipe_for(engine, &function, host))
            }
            _ => unreachable!("only functions of pipes are served here"),
        }
    }

    fn keeps(&self, engine: &Engine, function: &Callback, row: &Row) -> Result<bool, String> {
        let row: Dynamic =
            rhai::serde::to_dynamic(row.to_flat_json()).map_err(|error| error.to_string())?;
        let kept = self.call_for_pipe(engine, function, (row,))?;
        let given = kept.type_name();
        kept.as_bool()
            .map_err(|_| format!("the function of `pick` must return true or false, not {given}"))
    }

    fn pipe_for(&self, engine: &Engine, function: &Callback, host: String) -> Result<Pipe, String> {
        let host: HostSet = std::iter::once(host).collect();
        let pipe = self.call_for_pipe(engine, function, (host,))?;
        let given = pipe.type_name();
        let pipe = pipe.try_cast::<PipeValue>();
        pipe.map(PipeValue::take).ok_or_else(|| {
            format!(
                "the function of `one_by_one` must return a pipe, not {}",
                engine.map_type_name(given)
            )
        })
    }

    fn call_for_pipe(
        &self,
        engine: &Engine,
        function: &Callback,
        args: impl FuncArgs,
    ) -> Result<Dynamic, String> {
        let stored =
            function.function.clone().and_then(|any| any.downcast::<StoredFunction>().ok());
        let Some(stored) = stored else {
            return Err(format!("the function {function:?} is not part of this script any more"));
        };
        match guarded(|| stored.call(engine, args)) {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(panic) => Err(diagnostics::panic_text(&*panic)),
        }
    }

    /// The function behind a callback; one that was stored over a restart is found by its name.
    fn stored(
        &self,
        root: &std::sync::OnceLock<StoredFunction>,
        function: &Callback,
    ) -> Fallible<Arc<StoredFunction>> {
        let kept = function.function.clone().and_then(|any| any.downcast::<StoredFunction>().ok());
        if let Some(stored) = kept {
            return Ok(stored);
        }
        let sibling =
            root.get().zip(function.name.as_deref()).and_then(|(root, name)| root.named(name));
        sibling.map(Arc::new).ok_or_else(|| {
            vocabulary_error(
                format!("the function {function:?} is not part of this script any more"),
                None::<String>,
                rhai::Position::NONE,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_that_panics_leaves_the_engine_whole() {
        let mut engine = Engine::new();
        engine.register_fn("boom", || -> i64 { panic!("on purpose") });
        let panic = guarded(|| engine.run("boom()")).unwrap_err();
        assert_eq!(diagnostics::panic_text(&*panic), "on purpose");
        assert_eq!(guarded(|| engine.eval::<i64>("40 + 2")).unwrap().unwrap(), 42);
    }
}
