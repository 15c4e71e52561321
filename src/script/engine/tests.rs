//! What the engine promises, tried with scripts.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rhai::{Dynamic, Engine, FnPtr, NativeCallContext};

use super::*;
use crate::{
    config::Limits,
    script::diagnostics::{Context, ScriptError},
};

type Kept = Arc<Mutex<Vec<StoredFunction>>>;

struct Bench {
    engine: Engine,
    names: Names,
    kept: Kept,
    budget: Arc<Budget>,
}

fn bench() -> Bench {
    bench_with(&Limits::default())
}

/// An engine with the few functions that show how the vocabulary will stand on it.
fn bench_with(limits: &Limits) -> Bench {
    let folder = std::path::Path::new("scripts");
    let mut engine = base_engine(limits, folder);
    let kept = Kept::default();
    let names = Names::new([("once_an_hour", Dynamic::from("hourly".to_string()))]);
    let keep = Arc::clone(&kept);
    engine.register_fn(
        "watch",
        move |context: NativeCallContext, _: &str, _: &str, handler: FnPtr| {
            keep.lock().unwrap().push(StoredFunction::new(&context, handler));
        },
    );
    ScriptsFolder::install(&mut engine, folder, &names);
    let budget = Budget::install(&mut engine, limits);
    Bench { engine, names, kept, budget }
}

impl Bench {
    fn run(&self, source: &str) -> Result<Dynamic, String> {
        let ast = compile(&self.engine, &self.names, "test.rhai", source)
            .map_err(|error| error.to_string())?;
        self.budget.start();
        self.engine.eval_ast::<Dynamic>(&ast).map_err(|error| {
            let context = Context {
                ast: Some(&ast),
                names: Some(&self.names),
                ..Context::new(&self.engine, "test.rhai", source)
            };
            ScriptError::from_eval(&error, &context).message
        })
    }

    fn handler(&self, index: usize) -> StoredFunction {
        self.kept.lock().unwrap()[index].clone()
    }

    fn call(&self, index: usize) -> Result<i64, String> {
        self.budget.start();
        let answer = self.handler(index).call(&self.engine, ());
        answer.map_err(|error| error.to_string())?.as_int().map_err(str::to_string)
    }
}

fn truth(source: &str) -> Result<bool, String> {
    bench().run(source)?.as_bool().map_err(str::to_string)
}

#[test]
fn constants_reach_functions_and_callbacks() {
    let bench = bench();
    let answer = bench.run(
        r#"
        const N = [3];
        fn direct() { N[0] }
        fn through_a_closure() { let f = || N[0]; f.call() }
        fn later() { LATER }
        const LATER = 4;
        let f = || N[0] + direct();
        [direct(), through_a_closure(), f.call(), later(), [1].map(|x| x + N[0])[0]]
        "#,
    );
    let numbers: Vec<i64> = answer.unwrap().into_typed_array::<i64>().unwrap();
    assert_eq!(numbers, [3, 3, 6, 4, 4]);
}

#[test]
fn a_parameter_or_a_local_shadows_a_constant() {
    let source = "const C = 1; fn p(C) { C + 1 } fn l() { let C = 9; C } fn c() { C } \
                  p(5) == 6 && l() == 9 && c() == 1 && [7].map(|C| C)[0] == 7";
    assert_eq!(truth(source), Ok(true));
}

#[test]
fn a_closure_that_needs_a_constant_of_a_later_line_is_told_so() {
    let message = bench().run("let f = || C; const C = 1; f.call()").unwrap_err();
    assert_eq!(message, "`C` is defined further down");
}

#[test]
fn unknown_names_are_found_before_anything_runs() {
    for source in
        ["const C = 1; fn f() { CC } f()", "let n = 1; fn f() { n } f()", "let f = || nn; 1"]
    {
        let message = bench().run(source).unwrap_err();
        assert!(message.starts_with("nothing is called"), "{source}: {message}");
    }
}

#[test]
fn a_handler_is_kept_and_called_with_everything_that_it_knew() {
    let bench = bench();
    let _ = bench
        .run(
            r#"
            fn early() { C + helper() }
            watch("above the constants", once_an_hour, early);
            const C = 1;
            fn helper() { C + 1 }
            fn check() { helper() * 10 }
            watch("by its bare name", once_an_hour, check);
            watch("by its name in a text", once_an_hour, Fn("check"));
            let captured = 5;
            watch("captured", once_an_hour, || captured + C);
            fn defined_later_too() { watch("from a function", once_an_hour, last); }
            defined_later_too();
            fn last() { if once_an_hour == "hourly" { 7 } else { 8 } }
            let f = || { watch("from a closure", once_an_hour, last); };
            f.call();
            "#,
        )
        .unwrap();
    let answers: Vec<_> = (0..6).map(|index| bench.call(index)).collect();
    assert_eq!(answers, [Ok(3), Ok(20), Ok(20), Ok(6), Ok(7), Ok(7)]);
    let names: Vec<_> =
        (0..6).map(|index| bench.handler(index).name().map(str::to_string)).collect();
    let check = Some("check".to_string());
    let last = Some("last".to_string());
    assert_eq!(names, [Some("early".into()), check.clone(), check, None, last.clone(), last]);
    let by_name = bench.handler(0).named("check").expect("a function");
    assert_eq!(by_name.call(&bench.engine, ()).unwrap().as_int(), Ok(20));
    assert!(bench.handler(0).named("gone").is_none());
    assert_eq!(bench.handler(0).place(), Some((3, 13)));
    assert_eq!(bench.handler(0).file(), Some("test.rhai"));
}

#[test]
fn a_kept_handler_keeps_the_place_of_its_errors() {
    let bench = bench();
    let _ = bench
        .run("fn deep() { throw \"no\" }\nwatch(\"a\", once_an_hour, || {\n deep()\n});")
        .unwrap();
    let error = bench.handler(0).call(&bench.engine, ()).unwrap_err().to_string();
    assert!(error.contains("line 1"), "{error}");
    assert!(error.contains("line 3"), "{error}");
    assert!(error.contains("line 2"), "{error}");
}

#[test]
fn stored_functions_may_be_handed_to_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<StoredFunction>();
    is_send_and_sync::<Engine>();
}

#[test]
fn what_cannot_be_compared_throws_and_says_so() {
    for (source, message) in [
        (r#""80.5" > 70.0"#, "a string is compared with a number"),
        (r#"70 < "80""#, "a number is compared with a string"),
        (r#""ON" == true"#, "a string is compared with a bool"),
        ("true != 1", "a bool is compared with a number"),
        ("() == 1", "nothing is compared with a number"),
        (r#"() != "a""#, "nothing is compared with a string"),
        (r#"#{a: 1} == 1"#, "a map is compared with a number"),
        ("[1] > [2]", "an array cannot be compared in this way with an array"),
        ("(|| 1) == 2", "a function is compared with a number"),
        (r#""22" in [21, 23]"#, "a number is compared with a string"),
        (r#"[1] == ["a"]"#, "a number is compared with a string"),
    ] {
        assert_eq!(truth(source), Err(message.into()), "{source}");
    }
}

#[test]
fn what_can_be_compared_compares() {
    for source in [
        "1 < 1.5 && 1.5 > 1 && 2 == 2.0 && 2.0 >= 2 && 3 <= 3 && 4 != 4.5",
        r#""a" < "b" && "a" == "a" && 'a' == "a" && "a" != "b""#,
        "true == true && false != true && () == ()",
        "[1, 2] == [1, 2] && [1] != [1, 2] && #{a: 1} == #{a: 1} && #{a: 1} != #{b: 1}",
        "3 in [1, 2, 3] && !(4 in [1, 2, 3]) && 3.0 in [1, 2, 3] && !(1 in [])",
        r#""b" in [1, "b"] && !("c" in [1, "b"]) && "b" in "abc" && "a" in #{a: 1}"#,
        "3 in 1..5 && (1..3) == (1..3) && (1..3) != (1..4) && [1] in [[2], [1]]",
        "switch 3 { 3 => true, 1..3 => false, _ => false }",
        r#"switch "on" { "off" => false, "on" => true }"#,
        "9007199254740993 > 9007199254740992",
        "let n = 0; while n < 3 { n += 1 } n == 3",
    ] {
        assert_eq!(truth(source), Ok(true), "{source}");
    }
}

#[test]
fn a_missing_field_throws() {
    let message = bench().run("let m = #{a: 1}; m.b > 3").unwrap_err();
    assert_eq!(message, "there is no field `b`");
    let message = bench().run("let m = #{a: 1}; m[\"b\"]").unwrap_err();
    assert_eq!(message, "there is no field `b`");
}

#[test]
fn constants_cannot_be_assigned() {
    for source in ["const C = 1; C = 2;", "const C = 1; fn f() { C = 2; } f()"] {
        let message = bench().run(source).unwrap_err();
        assert!(message.contains("constant"), "{source}: {message}");
    }
}

#[test]
fn every_limit_ends_what_goes_over_it() {
    let limits = Limits { operations: 100_000, size: 10_000, ..Limits::default() };
    for (source, message) in [
        ("loop { }", "operations"),
        ("fn f() { f() } f()", "nested too deeply"),
        ("let s = \"x\"; loop { s += s; }", "over the limit"),
        ("let a = []; loop { a.push(1); }", "over the limit"),
        ("let m = #{}; loop { m += #{a: [1]}; m = #{b: m, c: m}; }", "over the limit"),
    ] {
        let error = bench_with(&limits).run(source).unwrap_err();
        assert!(error.contains(message), "{source}: {error}");
    }
    assert!(bench().run("eval(\"1\")").is_err());
}

#[test]
fn operations_add_up_over_a_native_loop_and_begin_anew_with_each_handler() {
    let limits = Limits { operations: 5_000, ..Limits::default() };
    let bench = bench_with(&limits);
    let busy = "let n = 0; while n < 100 { n += 1 }";
    let _ = bench
        .run(&format!(
            "watch(\"a\", once_an_hour, || {{ {busy} n }});
             watch(\"b\", once_an_hour, || [1].map(|x| {{ let a = []; a.pad(50, 0); a.map(|x| {{ {busy} n }}).len() }})[0]);"
        ))
        .unwrap();
    for _ in 0..20 {
        assert_eq!(bench.call(0), Ok(100));
    }
    let error = bench.call(1).unwrap_err();
    assert!(error.contains("terminated"), "{error}");
}

#[test]
fn computing_time_is_bounded_and_waiting_is_free() {
    let limits =
        Limits { operations: u64::MAX, run_time: Duration::from_millis(200), ..Limits::default() };
    let mut bench = bench_with(&limits);
    let waits = Arc::clone(&bench.budget);
    bench.engine.register_fn("wait", move || {
        let _waiting = waits.waiting();
        std::thread::sleep(Duration::from_millis(300));
    });
    assert!(bench.run("wait(); let n = 0; while n < 300 { n += 1 }").is_ok());
    let error = bench.run("loop { }").unwrap_err();
    assert_eq!(error, "it ran for 200ms of its own computing (limits.run_time)");
}

#[test]
fn another_thread_cancels() {
    let bench = bench_with(&Limits { operations: u64::MAX, ..Limits::default() });
    let budget = Arc::clone(&bench.budget);
    bench.budget.start();
    let mut engine = bench.engine;
    engine.register_fn("cancel_me", move || {
        let budget = Arc::clone(&budget);
        std::thread::spawn(move || budget.cancel()).join().unwrap();
    });
    let error = engine.run("cancel_me(); loop { }").unwrap_err();
    assert!(matches!(*error, rhai::EvalAltResult::ErrorTerminated(..)), "{error}");
}

#[test]
fn the_deepest_recursion_fits_the_stack() {
    let limits = Limits { depth: usize::MAX, ..Limits::default() };
    // Each call stands inside an expression about as deep as the parser lets through.
    let opened = "[".repeat(12);
    let closed = "]".repeat(12);
    let source = format!(
        "fn f(n) {{ if n > 0 {{ for i in 0..1 {{ let x = {opened} [1].map(|x| f(n - 1)) {closed}; }} }} n }} f(1000)"
    );
    let run = move || bench_with(&limits).run(&source);
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(run).unwrap();
    let error = thread.join().expect("no overflow").unwrap_err();
    assert_eq!(error, "calls are nested too deeply");
}

#[test]
fn the_vocabularys_own_types_are_compared_only_where_they_say_so() {
    #[derive(Clone)]
    struct HostSet;
    let mut bench = bench();
    bench.engine.register_type_with_name::<HostSet>("Hosts").register_fn("hosts", || HostSet);
    for (source, message) in [
        ("hosts() == \"a\"", "hosts is compared with a string"),
        ("hosts() != ()", "hosts is compared with nothing"),
        ("hosts() == hosts()", "hosts cannot be compared in this way with hosts"),
        ("\"a\" in [hosts()]", "hosts is compared with a string"),
    ] {
        assert_eq!(bench.run(source).unwrap_err(), message, "{source}");
    }
    bench.engine.register_fn("==", |_: HostSet, _: HostSet| true);
    assert!(bench.run("hosts() == hosts()").unwrap().as_bool().unwrap());
}

#[test]
fn deep_nesting_is_refused_before_it_can_overflow() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{", "}"), ("-(", ")"), ("if true {", "}")] {
        let source = format!("fn f() {{ {} 1 {} }}", open.repeat(500), close.repeat(500));
        assert_eq!(bench().run(&source).unwrap_err(), "this is nested too deeply", "{open}");
    }
    let chain = format!("1 {}", "+ 1".repeat(5_000));
    assert_eq!(bench().run(&chain).unwrap_err(), "this is nested too deeply");
}

#[test]
fn nothing_in_a_script_sleeps() {
    for source in ["sleep(3600)", "sleep(1e300)"] {
        let error = bench().run(source).unwrap_err();
        assert!(error.starts_with("a script does not sleep"), "{error}");
    }
}
