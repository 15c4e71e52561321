//! Every kind of mistake as its owner reads it.

use rhai::{Dynamic, EvalAltResult, FnPtr, NativeCallContext, Position};

use super::*;
use crate::{
    config::Limits,
    script::engine::{Budget, Names, ScriptsFolder, base_engine, compile},
};

/// Runs a script that goes wrong.
fn mistake(source: &str) -> ScriptError {
    mistake_within(source, Limits { operations: 10_000, size: 1_000, ..Limits::default() })
}

fn mistake_within(source: &str, limits: Limits) -> ScriptError {
    let mut engine = base_engine(&limits, std::path::Path::new("scripts"));
    engine.register_fn("every", |_: &str| ());
    engine.register_fn(
        "watch",
        |context: NativeCallContext, _: &str, _: Dynamic, handler: FnPtr| {
            handler.call_within_context::<Dynamic>(&context, ())
        },
    );
    engine.register_fn("sensor", |name: &str| -> Result<f64, Box<EvalAltResult>> {
        let message = format!("`{name}` has no value: stale, last read 90 s ago");
        Err(vocabulary_error(message, Some("`watchpost sensors` tells more"), Position::NONE))
    });
    let names = Names::new([("once_an_hour", Dynamic::UNIT)]);
    ScriptsFolder::install(&mut engine, std::path::Path::new("scripts"), &names);
    let ast = match compile(&engine, &names, "closet.rhai", source) {
        Ok(ast) => ast,
        Err(error) => return *error,
    };
    let budget = Budget::install(&mut engine, &limits);
    budget.start();
    let error = engine.run_ast(&ast).expect_err(source);
    let context = Context {
        ast: Some(&ast),
        names: Some(&names),
        ..Context::new(&engine, "closet.rhai", source)
    };
    ScriptError::from_eval(&error, &context)
}

fn texts(sources: &[&str]) -> String {
    sources.iter().map(|source| mistake(source).to_text()).collect::<Vec<_>>().join("\n")
}

#[test]
fn mistakes_in_the_syntax() {
    insta::assert_snapshot!(texts(&[
        "watch(\"a\", once_an_hour, || {\n  1\n",
        "let x = \"open;\n",
        "let x = [1, 2;",
        "let default = 1;",
        "const C = 1;\nC = 2;",
        "{ fn f() { 1 } }",
        "let x = 1 $ 2;",
    ]));
}

#[test]
fn names_that_nobody_defined() {
    insta::assert_snapshot!(texts(&[
        "watch(\"a\", once_an_huor, || 1);",
        "let limit = 70;\nfn hot(t) { t > limit }",
        "const LIMIT = 70;\nfn hot(t) { t > LIMTI }",
        "let f = || C;\nf.call();\nconst C = 1;",
        "let x = frobnicate_everything;",
        "let x = limits::HOT;",
    ]));
}

#[test]
fn functions_that_do_not_fit() {
    insta::assert_snapshot!(texts(&[
        "wach(\"closet\", once_an_hour, || {\n    1\n});",
        "fn hot(t) { t > 70 }\nhott(71);",
        "watch(\"closet\", every(10), || 1);",
        "fn hot(t) { t > 70 }\nhot();",
        "let x = [1] - 2;",
        "let f = |x| x;\nf(1);",
    ]));
}

#[test]
fn values_that_do_not_fit() {
    insta::assert_snapshot!(texts(&[
        "if \"80.5\" > 70.0 { 1 }",
        "let m = #{a: 1};\nif m.b > 3 { 1 }",
        "if \"yes\" { 1 }",
        "let a = [1];\na[3]",
        "let a = true;\na[0]",
        "for x in 5 { 1 }",
        "1 / 0",
        "const C = [1];\nfn f() { C.push(2) }\nf();",
        "const C = [1];\nfn f() { C[0] = 2; }\nf();",
        "const C = 1;\nfn f() { C += 2; }\nf();",
        "throw \"the door is open\";",
    ]));
}

#[test]
fn limits_that_were_passed() {
    insta::assert_snapshot!(texts(&[
        "loop { }",
        "fn f(n) { f(n + 1) }\nf(1);",
        "let s = \"x\";\nloop { s += s; }",
    ]));
    let run_time = std::time::Duration::from_millis(10);
    let endless = Limits { operations: u64::MAX, run_time, ..Limits::default() };
    let error = mistake_within("watch(\"a\", once_an_hour, || {\n  loop { }\n});", endless);
    insta::assert_snapshot!("computing_time", error.to_text());
}

#[test]
fn the_calls_that_led_to_a_mistake() {
    let source = "fn hot(name) {\n    sensor(name) > 70.0\n}\nwatch(\"closet-heat\", once_an_hour, || {\n    if hot(\"closet/temperature\") { 1 }\n});\n";
    let error = mistake(source);
    insta::assert_snapshot!("chain_in_a_mail", error.to_text());
    insta::assert_snapshot!("chain_on_a_terminal", error.to_terminal(false));
    let json = serde_json::to_string_pretty(&error.to_json()).expect("plain fields");
    insta::assert_snapshot!("chain_for_a_program", json);
}

#[test]
fn mistakes_in_an_import() {
    let folder = tempfile::tempdir().expect("a folder");
    let lib = "fn hot(t) {\n    t > \"70\"\n}\n";
    std::fs::write(folder.path().join("limits.rhai"), lib).expect("a file");
    let source = "import \"limits\" as limits;\nlimits::hot(71);\n";
    let engine = base_engine(&Limits::default(), folder.path());
    let ast = compile(&engine, &Names::default(), "closet.rhai", source).expect("it compiles");
    let error = engine.run_ast(&ast).expect_err("it fails");
    let context =
        Context { root: Some(folder.path()), ..Context::new(&engine, "closet.rhai", source) };
    let error = ScriptError::from_eval(&error, &context);
    insta::assert_snapshot!("import_in_a_mail", error.to_text());
    insta::assert_snapshot!("import_on_a_terminal", error.to_terminal(false));
}

#[test]
fn a_panic_is_the_agents_own_mistake() {
    let panic = std::panic::catch_unwind(|| panic!("index out of bounds")).expect_err("a panic");
    let error = ScriptError::from_panic(&*panic, "closet.rhai", "");
    insta::assert_snapshot!(error.to_text());
}

#[test]
fn a_script_that_catches_an_error_sees_its_message() {
    let source = "try { sensor(\"attic\") } catch (error) { throw `caught: ${error}`; }";
    assert!(mistake(source).message.starts_with("caught: `attic` has no value"));
}
