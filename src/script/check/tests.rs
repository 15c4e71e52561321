//! The mistakes that owners make, as they are told about them.

use std::sync::Arc;

use super::*;
use crate::{
    plan::{Handler, Run},
    script::{
        instance::RunFunctions,
        testing::{Closet, source},
    },
};

fn limits() -> Limits {
    Limits { operations: 100_000, size: 10_000, ..Limits::default() }
}

async fn check(text: &str) -> Checked {
    check_script(source(text), Closet::new().around, limits()).await
}

/// What `check` finds, or where it finds nothing, what the first watch's run comes to.
async fn told(text: &str) -> String {
    let found = check(text).await.mistakes;
    if !found.is_empty() {
        return found.iter().map(ScriptError::to_text).collect();
    }
    let closet = Closet::new();
    closet.measure();
    let (timers, _kept) = tokio::sync::mpsc::unbounded_channel();
    let around = closet.around.clone();
    let instance = Instance::load(source(text), around, limits(), true, timers).await;
    let instance = Arc::new(instance.expect("the check found nothing"));
    let Handler::Function(function) = &instance.declarations.watches[0].began else {
        return format!("nothing is wrong with {text}\n");
    };
    let functions = RunFunctions::new(instance.clone(), None);
    let id = ("closet".into(), "a".into());
    let run = Run::new(1, id, "a test".into(), "test".into(), Arc::new(functions));
    let ran = instance.fire(function, serde_json::Value::Null, &run, &closet.executor()).await;
    match ran.ended.result {
        Ok(_) => format!("nothing is wrong with {text}\n"),
        Err(error) => format!("when it runs: {}", error.error.to_text()),
    }
}

async fn all_told(texts: &[&str]) -> String {
    let mut all = Vec::new();
    for text in texts {
        all.push(told(text).await);
    }
    all.join("\n")
}

#[tokio::test(start_paused = true)]
async fn names() {
    insta::assert_snapshot!(
        all_told(&[
            r#"wach("a", once_an_hour, || 1);"#,
            r#"watch("a", once_an_our, || 1);"#,
            r#"watch("a", once_an_hour, || if sensor("temperature") > 70.0 { run(stop(hosts("foo"))) });"#,
            r#"watch("a", above("attic/humidity", 70), stop(hosts(["foo", "baz"])));"#,
            "watch(\"a\", once_an_hour, stop(hosts([\n    \"foo\",\n    \"fooo\",\n])));",
            r#"watch("a", every_day(22), update(tagged("pets")));"#,
            "let LIMIT = 70.0;\nfn hot() { sensor(\"closet/temperature\") > LIMIT }\nwatch(\"a\", once_an_hour, hot);",
            "import \"../secrets\" as secrets;",
        ])
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn arguments() {
    insta::assert_snapshot!(
        all_told(&[
            r#"watch("a", once_an_hour, start("plex"));"#,
            r#"watch("a", once_an_hour, || run(stop(["foo", "bar"])));"#,
            r#"watch("a", once_an_hour, || { let name = "plex"; run(start(name)) });"#,
            r#"watch("a", once_an_hour, || if sensor(hosts("foo")) > 70 { 1 });"#,
            r#"watch("x", "every hour", || run(stop(hosts("foo"))));"#,
            r#"watch("x", once_an_hour, "stop foo");"#,
            r#"watch("x", once_an_hour);"#,
            r#"watch("a", once_an_hour, stop(hosts("foo")) | email());"#,
            r#"watch("a", once_an_hour, stop(hosts("foo")) | email(#{ body: "x" }));"#,
            r#"watch("a", once_an_hour, stop(hosts("foo")) | email(#{ subjct: "x" }));"#,
            r#"watch("a", once_an_hour, start(hosts("foo")) | stop());"#,
            r#"watch("a", once_an_hour, || { run(stop(hosts("foo")) | "stopped") });"#,
            r#"watch("a", above("closet/temperature", "70"), stop(hosts("foo")));"#,
        ])
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn times() {
    insta::assert_snapshot!(
        all_told(&[
            r#"watch("a", every_day(25), stop(hosts("foo")));"#,
            r#"watch("a", every(10), stop(hosts("foo")));"#,
            r#"watch("a", every("10"), stop(hosts("foo")));"#,
            r#"watch("a", cron("0 0 30 2 *"), stop(hosts("foo")));"#,
            r#"watch("a", above("closet/temperature", 70).lasting("5 min"), stop(hosts("foo")));"#,
            r#"watch("a", above("closet/temperature", 70).missed("once"), stop(hosts("foo")));"#,
            r#"watch("a", once_an_hour.missed("twice"), stop(hosts("foo")));"#,
            r#"watch("a", every("10m").lasting("5m"), stop(hosts("foo")));"#,
            r#"watch("a", above("closet/temperature", 70).clears_at(80), stop(hosts("foo")));"#,
            r#"watch("a", every("10m"), stop(hosts("foo")), start(hosts("foo")));"#,
            "watch(\"a\", once_an_hour, || 1);\nwatch(\"a\", every(\"10m\"), || 2);",
        ])
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn places() {
    insta::assert_snapshot!(
        all_told(&[
            r#"run(stop(hosts("foo")));"#,
            r#"if sensor("closet/temperature") > 70.0 { print("hot"); }"#,
            "watch(\"a\", once_an_hour, || {\n    stop(hosts(\"foo\")) | email(\"stopped\");\n    print(\"done\");\n});",
            "watch(\"a\", once_an_hour, || {\n    let pipe = stop(hosts(\"foo\"));\n    1\n});",
            "const LIMIT = 70;\nwatch(\"a\", once_an_hour, || { LIMIT += 1; });",
            r#"watch("a", once_an_hour, || { after("10m", "later", || run(stop(hosts("foo")))); });"#,
            r#"watch("a", once_an_hour, || { watch("b", once_an_hour, || 1); });"#,
        ])
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn runs() {
    insta::assert_snapshot!(
        all_told(&[
            r#"watch("a", once_an_hour, || { loop { } });"#,
            "fn deeper(n) { deeper(n + 1) }\nwatch(\"a\", once_an_hour, || deeper(0));",
            r#"watch("a", once_an_hour, || { let text = "x"; loop { text += text; } });"#,
            r#"watch("a", once_an_hour, || if reading("closet/temperature").vlaue > 70.0 { 1 });"#,
            r#"watch("a", once_an_hour, || if "80.5" > 70.0 { run(stop(hosts("foo"))) });"#,
            r#"watch("a", once_an_hour, || { average("closet/temperature", "soon") });"#,
            r#"watch("a", once_an_hour, || { let window = "soon"; average("closet/temperature", window) });"#,
        ])
        .await
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_script_declares() {
    let checked = check(
        r#"
        const CLOSET = hosts(["bar", "foo"]);
        watch("heat", above("closet/temperature", 70.0).critical(), stop(CLOSET));
        watch("evening", every_day("22:30"), || {
            if average("solar/power", "30m") < 100.0 { run(stop(tagged("miner"))) }
        });
        "#,
    )
    .await;
    assert!(checked.is_fine(), "{:?}", checked.mistakes);
    assert_eq!(checked.hosts, ["foo", "bar", "coin-1", "coin-2"]);
    assert_eq!(checked.sensors, ["closet/temperature", "solar/power"]);
    let [heat, evening] = checked.watches.as_slice() else { panic!("{:?}", checked.watches) };
    assert_eq!((heat.critical, heat.next), (true, None));
    let next = evening.next.unwrap().with_timezone(&crate::clock::berlin());
    assert_eq!(next.format("%H:%M").to_string(), "22:30");
    assert_eq!(evening.when, "every_day(\"22:30\")");
}

#[tokio::test(start_paused = true)]
async fn what_constants_name_is_listed() {
    let checked = check(
        r#"const HEAT = "closet/temperature"; const FOO = "foo"; const CLOSET = [FOO, "bar"];
           watch("a", above(HEAT, 70.0), stop(hosts(CLOSET)));
           watch("b", once_an_hour, || print(sensor(HEAT)));"#,
    )
    .await;
    assert_eq!(checked.sensors, ["closet/temperature"]);
    assert_eq!(checked.hosts, ["foo", "bar"]);
}
