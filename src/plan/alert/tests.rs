use super::*;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + 60 * minute, 0).unwrap()
}

fn minutes(minutes: u64) -> Option<Duration> {
    Some(Duration::from_secs(60 * minutes))
}

fn alert() -> Alert {
    Alert::of(Tell::Notify { title: "hot".into() })
}

fn message(id: &str) -> Message {
    Message {
        id: id.into(),
        channel: Channel::Notify,
        subject: "hot".into(),
        body: None,
        report: Report::default(),
        origin: "heat/heat".into(),
        cause: "closet 71 °C".into(),
        curve: None,
    }
}

fn first(alert: &Alert) -> Raised {
    Raised::raise(None, alert, &message("m1"), 1, at(0)).0
}

#[test]
fn numbers_make_no_other_alert_and_words_do() {
    let key = |subject| Alert::key(&Channel::Notify, subject);
    assert_eq!(key("closet 71.3 °C"), key("closet 104 °C"));
    assert_ne!(key("closet 71.3 °C"), key("attic 71.3 °C"));
    assert_ne!(key("hot"), Alert::key(&Channel::Email { to: Vec::new() }, "hot"));
}

#[test]
fn once_per_counts_from_the_last_time_it_was_told() {
    let alert = Alert { once_per: minutes(60), ..alert() };
    let mut raised = first(&alert);
    let mut told = Vec::new();
    for minute in [0, 10, 59, 61, 100, 121, -5] {
        let message = message(&format!("m{minute}"));
        let (next, verdict) = Raised::raise(Some(raised), &alert, &message, 2, at(minute));
        raised = next;
        if verdict == Verdict::Tell {
            told.push(minute);
        }
    }
    // The clock was put back at the end.
    assert_eq!(told, [61, 121, -5]);
}

#[test]
fn a_run_that_goes_on_after_a_kill_tells_the_same_message() {
    let alert = Alert { once_per: minutes(60), ..alert() };
    let (_, verdict) = Raised::raise(Some(first(&alert)), &alert, &message("m1"), 1, at(1));
    assert_eq!(verdict, Verdict::Tell);
}

#[test]
fn it_is_repeated_and_told_elsewhere_until_somebody_knows() {
    let or_else = Some((Duration::from_secs(900), Tell::Notify { title: "anybody?".into() }));
    let alert = Alert { again_every: minutes(10), or_else, ..alert() };
    let mut raised = first(&alert);
    let mut told = Vec::new();
    while let Some(due) = raised.due().filter(|due| *due <= at(30)) {
        let messages = raised.remind(due);
        assert!(!messages.is_empty(), "due, and nothing to tell");
        told.extend(messages.into_iter().map(|message| (due, message.id, message.subject)));
    }
    let expected = [
        (at(10), "m1.again.1", "still: hot"),
        (at(15), "m1.else", "anybody?"),
        (at(20), "m1.again.2", "still: hot"),
        (at(30), "m1.again.3", "still: hot"),
    ];
    assert_eq!(told, expected.map(|(at, id, text)| (at, id.to_owned(), text.to_owned())));
    raised.acknowledged = true;
    assert_eq!((raised.due(), raised.remind(at(99))), (None, Vec::new()));
    let (_, verdict) = Raised::raise(Some(raised), &alert, &message("m2"), 2, at(99));
    assert!(matches!(verdict, Verdict::Silent(_)), "{verdict:?}");
}

#[test]
fn the_end_is_told_where_the_script_wants_it() {
    assert_eq!(first(&alert()).recovery(), None);
    let alert = Alert { recovered: Some("cool again".into()), ..alert() };
    let over = first(&alert).recovery().unwrap();
    assert_eq!((over.id.as_str(), over.subject.as_str()), ("m1.over", "cool again"));
}
