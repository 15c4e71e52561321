//! `import`: only from below the scripts' folder, read anew for every load.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Scope, Shared};

use super::{Names, parse};
use crate::script::diagnostics::vocabulary_error;

/// Resolves a script's imports and remembers them. Every load gets a fresh one, so that a changed
/// file is read again; within one load a file is read once.
#[derive(Clone)]
pub struct ScriptsFolder {
    root: PathBuf,
    names: Names,
    imported: Arc<Mutex<Imported>>,
}

#[derive(Default)]
struct Imported {
    modules: BTreeMap<PathBuf, Shared<Module>>,
    /// Files that were asked for, those that could not be loaded among them.
    files: BTreeSet<PathBuf>,
    /// Files being loaded now: one that asks for itself would never end.
    loading: BTreeSet<PathBuf>,
}

impl ScriptsFolder {
    /// Makes the engine import from below `root`, and makes `names` visible to the script and to
    /// everything that it imports.
    pub fn install(engine: &mut Engine, root: &Path, names: &Names) -> Self {
        names.install(engine);
        let folder =
            ScriptsFolder { root: root.into(), names: names.clone(), imported: Arc::default() };
        engine.set_module_resolver(folder.clone());
        folder
    }

    /// The files that were imported so far (a reload is due when one of them changes), also those
    /// that failed to load, below the folder's canonical path.
    pub fn files(&self) -> Vec<PathBuf> {
        self.imported().files.iter().cloned().collect()
    }

    fn imported(&self) -> MutexGuard<'_, Imported> {
        // A panic cannot leave the sets half changed.
        self.imported.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The canonical file of an import and its path below the folder.
    fn locate(&self, path: &str, at: Position) -> Result<(PathBuf, String), Box<EvalAltResult>> {
        let wanted = Path::new(path);
        let plain = wanted.components().all(|part| matches!(part, Component::Normal(_)));
        if path.is_empty() || !plain {
            return Err(refused(path, at));
        }
        let unreadable = |file: &Path, error: std::io::Error| {
            vocabulary_error(
                format!("cannot import \"{path}\": {}: {error}", file.display()),
                Some("an import names a file in the scripts' folder, without .rhai"),
                at,
            )
        };
        let root = self.root.canonicalize().map_err(|error| unreadable(&self.root, error))?;
        let ending = if path.ends_with(".rhai") { "" } else { ".rhai" };
        let named = root.join(format!("{path}{ending}"));
        self.imported().files.insert(named.clone());
        let file = named.canonicalize().map_err(|error| unreadable(&named, error))?;
        // A symlink may lead anywhere.
        if !file.starts_with(&root) {
            return Err(refused(path, at));
        }
        Ok((file, format!("{path}{ending}")))
    }

    fn load(&self, engine: &Engine, file: &Path, name: &str) -> Result<Module, Box<EvalAltResult>> {
        let source = fs::read_to_string(file).map_err(|error| {
            vocabulary_error(
                format!("cannot read {}: {error}", file.display()),
                None::<&str>,
                Position::NONE,
            )
        })?;
        let ast = parse(engine, &self.names, name, &source)
            .map_err(|error| EvalAltResult::ErrorParsing(*error.0, error.1))?;
        Module::eval_ast_as_new(Scope::new(), &ast, engine)
    }
}

fn refused(path: &str, at: Position) -> Box<EvalAltResult> {
    vocabulary_error(
        format!("\"{path}\" is outside the scripts' folder"),
        Some(
            "import files from the scripts' folder or its subfolders, by a plain path: import \"lib/limits\" as limits",
        ),
        at,
    )
}

impl ModuleResolver for ScriptsFolder {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        at: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let (file, name) = self.locate(path, at)?;
        if let Some(module) = self.imported().modules.get(&file) {
            return Ok(module.clone());
        }
        if !self.imported().loading.insert(file.clone()) {
            return Err(vocabulary_error(
                format!("\"{path}\" imports itself"),
                Some("move what both files need into a third one"),
                at,
            ));
        }
        if self.imported().loading.len() > engine.max_modules() {
            self.imported().loading.remove(&file);
            return Err(Box::new(EvalAltResult::ErrorTooManyModules(at)));
        }
        let loaded = self.load(engine, &file, &name);
        self.imported().loading.remove(&file);
        let module: Shared<Module> =
            loaded.map_err(|error| Box::new(EvalAltResult::ErrorInModule(name, error, at)))?.into();
        self.imported().modules.insert(file, module.clone());
        Ok(module)
    }
}
