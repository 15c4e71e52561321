use super::*;

const SCRIPT: &str = r#"
const CLOSET = hosts(["foo", "bar"]);
watch("heat", above("closet/temperature", 70.0).lasting("2m"),
    stop(CLOSET) | email("too hot, stopped"));
"#;

fn source(name: &str, text: &str) -> Source {
    Source {
        name: name.into(),
        file: format!("scripts/{name}.rhai"),
        text: text.to_owned(),
        folder: "scripts".into(),
    }
}

fn verdicts(script: &str, test: &str) -> Vec<Verdict> {
    let mut scenario = Scenario::closet();
    let site = scenario.take_in(Site::simulated(Path::new(".")));
    let tested = Tested { test: source("heat.test", test), script: source("heat", script) };
    tested.run(site, scenario).unwrap()
}

/// Nothing when all is well, else the messages.
fn failures(test: &str) -> Vec<String> {
    failures_of(SCRIPT, test)
}

fn failures_of(script: &str, test: &str) -> Vec<String> {
    let failures = verdicts(script, test).into_iter().filter_map(|verdict| verdict.failure);
    failures.map(|failure| failure.error.to_text()).collect()
}

#[test]
fn a_flat_file_is_one_test() {
    let test = r#"
        given("closet/temperature", 71.0);
        advance("1m");
        expect_nothing();
        advance("2m");
        expect(stopped("foo"));
        expect(stopped(["foo", "bar"]));
        expect_not(started("foo"));
        expect(fired("heat"));
        expect_mail("too hot");
        advance("1h");
        expect_nothing();
    "#;
    assert_eq!(failures(test), Vec::<String>::new());
    assert_eq!(verdicts(SCRIPT, test).len(), 1);
}

#[test]
fn each_named_test_begins_anew() {
    let test = r#"
        fn heat() { given("closet/temperature", "60 71x10"); advance("10m"); expect(stopped("foo")); }
        test("once", || heat());
        test("twice", || heat());
        test("broken", || { fails("bar", "stop"); heat(); expect(failed("bar")); expect_mail("1 of 2 failed"); });
    "#;
    assert_eq!(failures(test), Vec::<String>::new());
    assert_eq!(verdicts(SCRIPT, test).len(), 3);
}

#[test]
fn a_failure_shows_its_place_and_what_happened() {
    let test = "given(\"closet/temperature\", 71.0);\nadvance(\"5m\");\nexpect(started(\"foo\"));";
    let failure = verdicts(SCRIPT, test).remove(0).failure.unwrap();
    assert_eq!(failure.error.place(), Some((3, 1)));
    assert!(failure.error.message.contains("expected started(\"foo\")"), "{}", failure.error);
    assert!(failure.timeline.contains("✔ foo stopped"), "{}", failure.timeline);
}

#[test]
fn gaps_and_faults_are_believed() {
    let test = r#"
        given("closet/temperature", "71 _x10 71");
        advance("3m");
        expect_note("closet/temperature has no value any more");
        expect_nothing();
        advance("9m");
        expect_nothing();
        sensor_gone("closet/temperature");
        advance("10m");
        expect_note("closet/temperature has no value any more");
        expect_nothing();
    "#;
    assert_eq!(failures(test), Vec::<String>::new());
}

#[test]
fn what_a_watch_waits_for_survives_a_restart() {
    let test = r#"
        given("closet/temperature", 71.0);
        advance("1m");
        restart_agent();
        advance("55s");
        expect_nothing();
        advance("10s");
        expect(fired("heat"));
        advance("1m");
        expect(stopped("foo"));
    "#;
    assert_eq!(failures(test), Vec::<String>::new());
}

#[test]
fn a_dead_host_fails_and_the_others_do_not_wait() {
    let script = r#"
        watch("cold", below("closet/temperature", 10.0),
            start(hosts(["foo", "bar"])) | email("warming up"));
    "#;
    let test = r#"
        host_down("foo");
        host_off("bar");
        given("closet/temperature", 5.0);
        advance("90s");
        expect(failed("foo"));
        expect(started("bar"));
        expect_mail("1 of 2 failed");
    "#;
    assert_eq!(failures_of(script, test), Vec::<String>::new());
}

#[test]
fn a_dead_host_counts_as_stopped() {
    let test = r#"
        host_down("foo");
        given("closet/temperature", 71.0);
        advance("10m");
        expect(stopped("bar"));
        expect_not(failed("foo"));
        expect_not(stopped("foo"));
    "#;
    assert_eq!(failures(test), Vec::<String>::new());
}

#[test]
fn slips_are_explained() {
    let slip = |test: &str| failures(test).join("");
    assert!(slip("host_down(\"fooo\")").contains("did you mean `foo`?"));
    assert!(slip("given(\"a\", \"hot\")").contains("`hot` is no value"));
    assert!(slip("expect_nothing()").contains("no time has passed yet"));
    assert!(slip("advance(\"soon\")").contains("1:1"));
    assert!(slip("advnce(\"1h\")").contains("advance"));
}

#[test]
fn a_script_error_that_nobody_expected_fails_the_test() {
    let script = r#"watch("report", once_an_hour, || { print(sensor("closet/temperature")); });"#;
    let test = "advance(\"2h\");";
    let failure = verdicts(script, test).remove(0).failure.unwrap();
    assert!(failure.error.message.contains("nobody expected it"), "{}", failure.error);
    let expected = verdicts(script, "advance(\"2h\"); expect_error(\"no value\");").remove(0);
    assert!(expected.failure.is_none(), "{:?}", expected.failure);
}

#[test]
fn people_answer_or_are_silent() {
    let script = r#"
        watch("heat", above("closet/temperature", 70.0),
            ask("Stop foo?").within("10m") | stop(hosts("foo")) | email("stopped foo"));
    "#;
    let test = r#"
        fn asked() { given("closet/temperature", 71.0); advance("1m"); expect_asked("Stop foo?"); }
        test("yes", || { asked(); answer("yes"); advance("1m"); expect(stopped("foo")); expect_mail("stopped"); });
        test("no", || { asked(); answer("no"); advance("1h"); expect_nothing(); expect_note("no, by the test"); });
        test("silence", || { asked(); advance("1h"); expect_nothing(); expect_note("nobody answered"); });
        test("over a restart", || { asked(); restart_agent("1m"); advance("1m"); answer("yes"); advance("1m"); expect(stopped("foo")); });
        test("too late", || { asked(); restart_agent("30m"); advance("1m"); expect_nothing(); });
    "#;
    assert_eq!(failures_of(script, test), Vec::<String>::new());
    let slip = failures_of(script, "advance(\"1m\"); answer(\"yes\");").concat();
    assert!(slip.contains("nobody is asked anything now"), "{slip}");
    assert!(
        failures_of(script, "advance(\"1m\"); answer(\"maybe\");").concat().contains("no answer")
    );
}

#[test]
fn reminders_come_until_somebody_knows() {
    let script = r#"
        watch("heat", above("closet/temperature", 70.0).clears_at(60.0),
            notify("too hot").again_every("30m").or_else("1h", email("nobody answers")).recovered("cool again"));
    "#;
    let test = r#"
        fn hot() { given("closet/temperature", 71.0); advance("10m"); expect_notify("too hot"); }
        test("nobody knows", || {
            hot();
            advance("25m"); expect_notify("still: too hot");
            advance("30m"); expect_mail("nobody answers"); expect_notify("still");
            given("closet/temperature", 50.0);
            advance("5m"); expect_notify("cool again");
            advance("5h"); expect_nothing();
        });
        test("somebody knows", || { hot(); acknowledge("heat"); advance("5h"); expect_nothing(); });
        test("the power fails", || { hot(); restart_agent("1h"); advance("1m"); expect_notify("still: too hot"); });
    "#;
    assert_eq!(failures_of(script, test), Vec::<String>::new());
}

#[test]
fn an_output_fails_when_it_is_told_to() {
    let script = r#"watch("heat", above("closet/temperature", 70.0),
        set("water-valve", false) | email("water is off"));"#;
    let test = r#"
        fn hot() { given("closet/temperature", 71.0); advance("1m"); }
        test("it works", || { hot(); expect(switched_off("water-valve")); });
        test("it is broken", || { output_fails("water-valve"); hot();
            expect(failed("water-valve")); expect_mail("set failed"); });
        test("it breaks later", || { advance("1m"); output_fails("water-valve"); restart_agent(); hot();
            expect(failed("water-valve")); });
    "#;
    assert_eq!(failures_of(script, test), Vec::<String>::new());
    let slip = failures_of(script, "output_fails(\"water-walve\");").concat();
    assert!(slip.contains("did you mean `water-valve`"), "{slip}");
}
