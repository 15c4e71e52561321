//! Imports, tried on real folders.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use rhai::{Dynamic, Engine, FnPtr, NativeCallContext};

use super::*;
use crate::{
    config::Limits,
    script::diagnostics::{Context, ScriptError},
};

/// Loads a script as a reload does: with a fresh resolver.
fn run(
    engine: &mut Engine,
    root: &Path,
    source: &str,
) -> (Result<i64, ScriptError>, ScriptsFolder) {
    let names = Names::new([("once_an_hour", Dynamic::from(60_i64))]);
    let folder = ScriptsFolder::install(engine, root, &names);
    let ast = compile(engine, &names, "main.rhai", source).unwrap();
    let answer = engine.eval_ast::<i64>(&ast).map_err(|error| {
        let context = Context { root: Some(root), ..Context::new(engine, "main.rhai", source) };
        ScriptError::from_eval(&error, &context)
    });
    (answer, folder)
}

fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn engine(root: &Path) -> Engine {
    base_engine(&Limits::default(), root)
}

#[test]
fn an_import_sees_the_vocabulary_and_its_own_constants() {
    let lib = "export const HOT = 70; const HIDDEN = 1; fn hot() { HOT + HIDDEN + once_an_hour }";
    let folder = site(&[("lib/limits.rhai", lib)]);
    let source = "import \"lib/limits\" as limits;\n\
                  fn f() { limits::hot() + limits::HOT }\n let g = || limits::hot(); f() + g.call()";
    let (answer, imports) = run(&mut engine(folder.path()), folder.path(), source);
    assert_eq!(answer, Ok(131 + 70 + 131));
    let root = folder.path().canonicalize().unwrap();
    assert_eq!(imports.files(), [root.join("lib/limits.rhai")]);
}

#[test]
fn a_reload_reads_a_changed_import_again() {
    let folder = site(&[("limits.rhai", "export const HOT = 1;")]);
    let mut engine = engine(folder.path());
    let source = "import \"limits\" as l; l::HOT";
    assert_eq!(run(&mut engine, folder.path(), source).0, Ok(1));
    fs::write(folder.path().join("limits.rhai"), "export const HOT = 2;").unwrap();
    assert_eq!(run(&mut engine, folder.path(), source).0, Ok(2));
}

#[test]
fn nothing_outside_the_folder_can_be_imported() {
    let house = site(&[("secret.rhai", "export const S = 1;"), ("scripts/a.rhai", "")]);
    let root = house.path().join("scripts");
    std::os::unix::fs::symlink(house.path().join("secret.rhai"), root.join("link.rhai")).unwrap();
    std::os::unix::fs::symlink(house.path(), root.join("up")).unwrap();
    let absolute = house.path().join("secret").display().to_string();
    for path in ["../secret", "./../secret", "a/../../secret", "link", "up/secret", "", &absolute] {
        let source = format!("import \"{path}\" as s; 1");
        let error = run(&mut engine(&root), &root, &source).0.unwrap_err();
        assert!(error.message.ends_with("outside the scripts' folder"), "{path}: {error}");
        assert_eq!(error.place(), Some((1, 8)), "{path}");
    }
}

#[test]
fn a_missing_import_says_what_was_looked_for_and_is_watched() {
    let folder = site(&[]);
    let (answer, imports) =
        run(&mut engine(folder.path()), folder.path(), "import \"limits\" as l; 1");
    let message = answer.unwrap_err().message;
    assert!(message.starts_with("cannot import \"limits\": "), "{message}");
    assert!(message.contains("limits.rhai: No such file"), "{message}");
    assert!(imports.files()[0].ends_with("limits.rhai"));
}

#[test]
fn a_circle_of_imports_ends() {
    let folder = site(&[("a.rhai", "import \"b\" as b;"), ("b.rhai", "import \"a\" as a;")]);
    let source = "import \"a\" as a; 1";
    let error = run(&mut engine(folder.path()), folder.path(), source).0.unwrap_err();
    assert_eq!(error.message, "\"a\" imports itself");
}

#[test]
fn a_mistake_in_an_import_names_its_file() {
    let folder = site(&[("lib.rhai", "fn f() {\n  missing()\n}"), ("bad.rhai", "fn (")]);
    let mut engine = engine(folder.path());
    let source = "import \"lib\" as lib;\nlib::f()";
    let error = run(&mut engine, folder.path(), source).0.unwrap_err();
    assert_eq!((&*error.file, error.place()), ("lib.rhai", Some((2, 3))));
    assert_eq!(&*error.elsewhere[0].file, "main.rhai");
    let error = run(&mut engine, folder.path(), "import \"bad\" as b;").0.unwrap_err();
    assert_eq!(&*error.file, "bad.rhai");
}

#[test]
fn handlers_made_in_an_import_know_their_file_and_their_constants() {
    let lib =
        "const N = 40;\nfn two() { 2 }\nfn add() { keep(|| N + two()); keep(two) }\nkeep(|| N);";
    let folder = site(&[("lib.rhai", lib)]);
    let mut engine = engine(folder.path());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    engine.register_fn("keep", move |context: NativeCallContext, function: FnPtr| {
        keep.lock().unwrap().push(StoredFunction::new(&context, function));
    });
    let source = "import \"lib\" as lib;\nlib::add(); keep(|| 1 + lib::two()); 0";
    assert_eq!(run(&mut engine, folder.path(), source).0, Ok(0));
    let kept = kept.lock().unwrap();
    let answers: Vec<_> =
        kept.iter().map(|each| each.call(&engine, ()).map(|value| value.to_string())).collect();
    let answers: Vec<_> = answers.iter().map(|each| each.as_deref().unwrap_or("failed")).collect();
    assert_eq!(answers, ["40", "42", "2", "3"]);
    let files: Vec<_> = kept.iter().map(StoredFunction::file).collect();
    let (lib, main) = (Some("lib.rhai"), Some("main.rhai"));
    assert_eq!(files, [lib, lib, lib, main]);
}

#[test]
fn a_handler_made_in_an_import_fails_at_its_own_place() {
    let folder = site(&[("lib.rhai", "keep(|| {\n  throw \"no\"\n});")]);
    let mut engine = engine(folder.path());
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    engine.register_fn("keep", move |context: NativeCallContext, function: FnPtr| {
        *keep.lock().unwrap() = Some(StoredFunction::new(&context, function));
    });
    let source = "import \"lib\" as lib; 0";
    assert_eq!(run(&mut engine, folder.path(), source).0, Ok(0));
    let handler = kept.lock().unwrap().take().unwrap();
    let error = handler.call(&engine, ()).unwrap_err();
    let context = Context {
        outermost: handler.file(),
        root: Some(folder.path()),
        ..Context::new(&engine, "main.rhai", source)
    };
    let error = ScriptError::from_eval(&error, &context);
    assert_eq!((&*error.file, error.place()), ("lib.rhai", Some((2, 3))));
    assert_eq!(error.labels[1].text, "called by `keep` here");
}
