//! Owners' own tests: `closet-heat.test.rhai` beside `closet-heat.rhai`.
//!
//! The test is a script of its own, and the agent under test stands still but when the test lets
//! time pass. A file is one test, or several when it calls `test("name", || { … })`; each begins
//! with an agent that knows nothing.

mod deed;
mod director;
mod givens;
mod play;
mod stagehand;
mod table;
#[cfg(test)]
mod trials;
mod words;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rhai::{AST, Engine, EvalAltResult};

pub use self::givens::Givens;
use self::{play::Props, stagehand::Stagehand};
use super::{RehearseError, Scenario, Style, timeline};
use crate::{
    config::Site,
    journal::Event,
    script::{
        ScriptError, Source, diagnostics,
        engine::{Names, STACK_SIZE, base_engine, compile},
        folder,
    },
};

/// The end of a test file's name.
pub const ENDING: &str = ".test.rhai";

/// What one test came to.
#[derive(Debug)]
pub struct Verdict {
    /// `closet-heat`, or `closet-heat: it cools down`.
    pub name: String,
    pub failure: Option<Failure>,
}

/// Why a test failed.
#[derive(Debug)]
pub struct Failure {
    /// With its place in the test.
    pub error: ScriptError,
    /// What had happened until then.
    pub timeline: String,
}

/// The test files of a folder, by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A test with the script that it tests.
#[derive(Clone, Debug)]
pub struct Tested {
    pub test: Source,
    pub script: Source,
}

impl Tested {
    /// Reads a test file and its script.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn read(file: &Path) -> io::Result<Tested> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let script = format!("{}.rhai", name.strip_suffix(ENDING).unwrap_or(&name));
        Ok(Tested {
            test: folder::source(file)?,
            script: folder::source(&file.with_file_name(script))?,
        })
    }

    /// Runs every test of the file on a site and its simulated world.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn run(self, site: Site, scenario: Scenario) -> Result<Vec<Verdict>, RehearseError> {
        let run = move || Runner::new(self, site, scenario).run();
        let thread = std::thread::Builder::new()
            .name("test script".into())
            .stack_size(STACK_SIZE)
            .spawn(run)
            .map_err(RehearseError::Thread)?;
        thread.join().map_err(|panic| RehearseError::Panicked(diagnostics::panic_text(&*panic)))
    }
}

/// One test file on its engine.
struct Runner {
    engine: Engine,
    hand: Arc<Stagehand>,
    source: Source,
    name: String,
    ast: AST,
    zone: crate::clock::Zone,
}

impl Runner {
    fn new(tested: Tested, site: Site, scenario: Scenario) -> Runner {
        let Tested { test, script } = tested;
        let mut engine = base_engine(&site.limits, &test.folder);
        let zone = site.timezone;
        let name = script.name.to_string();
        let hand = Arc::new(Stagehand::new(Props { site, scenario, script }));
        words::register(&mut engine, &hand);
        Runner { engine, hand, source: test, name, ast: AST::empty(), zone }
    }

    fn run(mut self) -> Vec<Verdict> {
        match compile(&self.engine, &Names::default(), &self.source.file, &self.source.text) {
            Ok(ast) => self.ast = ast,
            Err(error) => {
                let failure = Failure { error: *error, timeline: String::new() };
                return vec![Verdict { name: self.name, failure: Some(failure) }];
            }
        }
        let whole = self.engine.run_ast(&self.ast);
        let declared = self.hand.take_declared();
        let mut verdicts = Vec::new();
        let flat = self.judge(self.name.clone(), whole);
        // Without a word of its own, the file is only the frame of its tests.
        if let Some(verdict) = flat {
            verdicts.push(verdict);
        }
        for (name, function) in declared {
            let result = function.call(&self.engine, ()).map(drop);
            let name = format!("{}: {name}", self.name);
            let verdict = self.judge(name.clone(), result);
            verdicts.push(verdict.unwrap_or(Verdict { name, failure: None }));
        }
        verdicts
    }

    /// What a test came to; `None` for one that asked and failed nothing.
    fn judge(&self, name: String, result: Result<(), Box<EvalAltResult>>) -> Option<Verdict> {
        let (entries, unexpected) = match self.hand.finish() {
            Some((entries, unexpected)) => (entries, unexpected),
            None if result.is_ok() => return None,
            None => (Vec::new(), None),
        };
        let error = match (result, unexpected.map(|index| &entries[index].event)) {
            (Err(error), _) => Some(self.explain(&error)),
            (Ok(()), Some(Event::Failed { message })) => {
                let message = format!("the script failed, and nobody expected it: {message}");
                let error = ScriptError::new(&self.source.file, &self.source.text, message);
                Some(error.help("if it should fail, say so: `expect_error(\"…\")`"))
            }
            (Ok(()), _) => None,
        };
        let failure = error
            .map(|error| Failure { error, timeline: timeline(&entries, self.zone, Style::Plain) });
        Some(Verdict { name, failure })
    }

    fn explain(&self, error: &EvalAltResult) -> ScriptError {
        let context = diagnostics::Context {
            ast: Some(&self.ast),
            root: Some(&self.source.folder),
            ..diagnostics::Context::new(&self.engine, &self.source.file, &self.source.text)
        };
        ScriptError::from_eval(error, &context)
    }
}
