//! Every finding as its owner reads it, and scripts in which there is nothing to find.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::{
    config::Limits,
    script::engine::{Names, base_engine, compile},
};

const STEPS: [&str; 12] = [
    "start",
    "stop",
    "update",
    "restart",
    "shell",
    "email",
    "notify",
    "pretty",
    "reply",
    "hold_off",
    "release",
    "one_by_one",
];

fn schedule(name: &str, arguments: &[Literal]) -> Result<(), String> {
    match (name, arguments) {
        ("every_day", [Literal::Whole(hour)]) if !(0..24).contains(hour) => {
            Err(format!("a day has no hour {hour}"))
        }
        _ => Ok(()),
    }
}

fn found(source: &str) -> Vec<ScriptError> {
    let words: Vec<_> = crate::script::api::words::all().collect();
    let functions: Vec<_> = [
        "watch",
        "wemo",
        "run",
        "tagged",
        "sensor",
        "average",
        "cancel",
        "clears_at",
        "critical",
        "push",
        "is_up",
        "len",
    ]
    .into_iter()
    .chain(STEPS)
    .chain(words.iter().map(|each| each.name))
    .map(String::from)
    .collect();
    let knowledge = Knowledge {
        sensors: &["closet/temperature", "solar/power"],
        may_be_peer: &|name| name.starts_with("attic-pi/"),
        hosts: &["foo", "bar", "big-iron", "plex", "coin-1", "coin-2"],
        costs: &["ec2"],
        templates: &["kvm-medium"],
        tags: &["pet", "media"],
        outputs: &["water-valve"],
        networks: &["lan"],
        words: &words,
        shared: &[],
        functions: &functions,
        schedule_check: &schedule,
        steps: &STEPS,
    };
    let engine = base_engine(&Limits::default(), Path::new("scripts"));
    let names = Names::new([("once_an_hour", rhai::Dynamic::UNIT)]);
    let ast = compile(&engine, &names, "closet.rhai", source).expect(source);
    lint(&ast, source, "closet.rhai", &knowledge)
}

fn text(sources: &[&str]) -> String {
    let texts = sources.iter().map(|source| {
        let found: String = found(source).iter().map(ScriptError::to_text).collect();
        if found.is_empty() { format!("nothing found: {source}\n") } else { found }
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn names_that_the_site_does_not_have() {
    insta::assert_snapshot!(text(&[
        r#"watch("a", once_an_hour, || if sensor("closet/temprature") > 70.0 { 1 });"#,
        r#"const CLOSET = hosts(["foo", "baz"]);"#,
        "watch(\"a\",\n  above(\"attic/temperature\", 70), stop(tagged(\"pets\")));",
    ]));
}

#[test]
fn calls_that_cannot_work() {
    insta::assert_snapshot!(text(&[
        "wach(\"a\", once_an_hour, || 1);",
        "watch(\"a\", every(10), || 1);",
        "let f = |x| x;\nf(1);",
        "watch(\"a\", above(70.0, \"solar/power\").lasting(5), || 1);",
        "watch(\"a\", every_day(22.5), stop(hosts(\"foo\")) | email());",
    ]));
}

#[test]
fn impossible_schedules() {
    insta::assert_snapshot!(text(&["watch(\"a\", every_day(25), || 1);"]));
}

#[test]
fn pipes_that_nobody_runs() {
    insta::assert_snapshot!(text(&[
        "const C = hosts(\"foo\");\nstop(C) | email(\"stopped\");",
        "watch(\"a\", once_an_hour, || {\n    stop(hosts(\"foo\")) | email(\"x\");\n    run(start(hosts(\"bar\")));\n});",
        "fn f() {\n    if true { stop(hosts(\"foo\")); }\n    1\n}",
        "fn f() {\n    hosts(\"foo\").stop();\n    1\n}",
        "fn f() {\n    for name in [\"foo\"] { start(hosts(name)) }\n}",
        "fn f() {\n    (stop(hosts(\"foo\")) | email(\"x\")).if_changed();\n    1\n}",
    ]));
}

#[test]
fn constants_that_are_changed() {
    insta::assert_snapshot!(text(&[
        "const LIMIT = [70];\nfn f() { LIMIT[0] = 80; }",
        "const LIMIT = 70;\nwatch(\"a\", once_an_hour, || { LIMIT += 1; });",
        "const SEEN = [];\nwatch(\"a\", once_an_hour, || { let f = || SEEN.push(1); f.call() });",
    ]));
}

#[test]
fn the_rest() {
    insta::assert_snapshot!(text(&[
        "run(stop(hosts(\"foo\")));",
        "watch(\"heat\", once_an_hour, || 1);\nfn f() { 1 }\nwatch(\"heat\", once_an_hour, f);",
        "wemo(\"wifi\", || { after(\"2h\", \"guest-off\", stop(hosts(\"foo\"))); cancel(\"guest-of\"); });",
    ]));
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    for source in [
        r#"
        const CLOSET = hosts(["foo", "bar", "big-iron"]);
        watch("closet-heat", once_an_hour, || {
            if sensor("closet/temperature") > 70.0 {
                run(stop(CLOSET) | email("stopped all closet instances, room too hot"));
            }
        });
        "#,
        r#"
        const CLOSET = hosts(["foo", "bar", "big-iron"]);
        watch("closet-heat", above("closet/temperature", 70.0).clears_at(60.0).lasting("5m").critical(),
              hold_off(CLOSET, "heat") | email("closet too hot, stopped"),
              release("heat") | pretty("closet is cool again"));
        "#,
        r#"
        const PLEX = hosts("plex");
        wemo("plex power", #{ on: start(PLEX), off: stop(PLEX) });
        wemo("update all", || run(update(tagged("pet")) | reply("ok")));
        "#,
        r#"
        const MINING = hosts(["coin-1", "coin-2"]);
        watch("power-check", once_an_hour, || {
            if average("solar/power", "30m") > 10_000.0 { run(start(MINING) | pretty("pool resumed")) }
            else                                        { run(stop(MINING)  | pretty("pool stopped")) }
        });
        "#,
        r#"watch("updates", every_day("03:30"), one_by_one(tagged("pet"), |h| update(h) | restart(h)) | email("updated"));"#,
        // A handler's last value is run, with or without a semicolon, also out of a branch.
        r#"fn f() { stop(hosts("foo")) | email("x"); }"#,
        r#"fn f() { if is_up(hosts("foo")) { stop(hosts("foo")) } else { return start(hosts("foo")); } }"#,
        "const N = 1; fn f(N) { N = 2; N } fn g() { let N = 3; N += 1; [N].map(|N| { N = 1; N }) }",
        "fn start(x) { x } fn f() { start(1); 2 | 3; }",
        r#"const A = [1]; fn f() { A.map(|x| x).push(2) }"#,
    ] {
        let functions_unknown_here = |error: &ScriptError| !error.message.contains("`map`");
        let found: Vec<_> = found(source).into_iter().filter(functions_unknown_here).collect();
        assert!(found.is_empty(), "{source}\n{}", found[0].to_text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever people type, there is an answer and no panic, and every place lies in the source.
    #[test]
    fn any_script_can_be_checked(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..24)
    ) {
        let source = words.join(" ");
        let engine = base_engine(&Limits::default(), Path::new("scripts"));
        let found = match compile(&engine, &Names::default(), "any.rhai", &source) {
            Ok(ast) => lint(&ast, &source, "any.rhai", &KNOWLEDGE),
            Err(error) => vec![*error],
        };
        for error in found {
            prop_assert!(error.to_terminal(false).contains(&error.message));
            prop_assert!(!error.to_text().is_empty());
        }
    }
}

const WORDS: [&str; 32] = [
    "let", "const", "x", "C", "=", "+=", "1", "70.0", "\"foo\"", "(", ")", "{", "}", "[", "]", "|",
    "||", "|x|", "fn", "f", "stop", "hosts", "watch", ",", ";", ".", "if", "else", "for", "in",
    "switch", "ä`",
];

const KNOWLEDGE: Knowledge<'_> = Knowledge {
    sensors: &[],
    may_be_peer: &|_| false,
    hosts: &["bar"],
    costs: &["ec2"],
    templates: &["kvm-medium"],
    tags: &[],
    outputs: &[],
    networks: &[],
    words: &[],
    shared: &[],
    functions: &[],
    schedule_check: &schedule,
    steps: &STEPS,
};
