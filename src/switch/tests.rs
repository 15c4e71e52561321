use std::sync::mpsc;

use super::*;

const ON: Wish = Wish { on: true, brightness: None };
const OFF: Wish = Wish { on: false, brightness: None };

fn declared(name: &str, kind: Kind) -> Declared {
    Declared { name: name.into(), kind, goes: (true, kind != Kind::Momentary) }
}

fn board(kind: Kind) -> (Switchboard, mpsc::Receiver<Asked>) {
    let board = Switchboard::default();
    let (wishes, asked) = mpsc::channel();
    let taken = board.declare(&"voice".into(), vec![declared("plex", kind)], move |asked| {
        wishes.send(asked).is_ok()
    });
    assert!(taken.is_empty());
    (board, asked)
}

fn is_on(board: &Switchboard) -> bool {
    board.shown("plex").unwrap().on
}

#[test]
fn p39_a_wish_shows_at_once_and_a_failure_takes_it_back() {
    let (board, asked) = board(Kind::Switch);
    let mut changes = board.changes();
    assert!(board.ask("plex", ON, Origin::Voice).unwrap().on);
    let asked = asked.try_recv().unwrap();
    board.found("plex", false, None);
    assert!(is_on(&board), "a host on its way up is no news");
    asked.ticket.settle(Outcome::Failed);
    assert!(!is_on(&board));
    let told: Vec<bool> =
        std::iter::from_fn(|| changes.try_recv().ok()).map(|change| change.shown.on).collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn the_last_wish_counts() {
    let (board, asked) = board(Kind::Switch);
    board.ask("plex", ON, Origin::Voice).unwrap();
    board.ask("plex", OFF, Origin::Voice).unwrap();
    let (first, second) = (asked.try_recv().unwrap(), asked.try_recv().unwrap());
    first.ticket.settle(Outcome::Found { on: true, brightness: None });
    assert!(!is_on(&board));
    second.ticket.settle(Outcome::Fulfilled);
    board.found("plex", true, None);
    assert!(is_on(&board), "once it is settled, what is found counts");
}

#[test]
fn a_momentary_switch_falls_back_and_is_not_pushed_twice() {
    let (board, asked) = board(Kind::Momentary);
    assert!(board.ask("plex", ON, Origin::Voice).unwrap().on);
    assert!(board.ask("plex", ON, Origin::Voice).unwrap().on);
    let first = asked.try_recv().unwrap();
    assert!(asked.try_recv().is_err());
    first.ticket.settle(Outcome::Fulfilled);
    assert!(!is_on(&board));
    assert!(!board.ask("plex", OFF, Origin::Voice).unwrap().on);
}

#[test]
fn an_answer_settles_and_what_is_found_later_still_counts() {
    let (board, asked) = board(Kind::Switch);
    board.ask("plex", ON, Origin::Voice).unwrap();
    let ticket = asked.try_recv().unwrap().ticket;
    ticket.settle(Outcome::Fulfilled);
    ticket.settle(Outcome::Failed);
    assert!(is_on(&board));
    ticket.settle(Outcome::Found { on: false, brightness: None });
    assert!(!is_on(&board));
}

#[test]
fn declaring_anew_keeps_what_stays_and_owners_do_not_meet() {
    let (board, asked) = board(Kind::Switch);
    board.ask("plex", ON, Origin::Hand).unwrap();
    asked.try_recv().unwrap().ticket.settle(Outcome::Fulfilled);
    let taken = board.declare(&"other".into(), vec![declared("plex", Kind::Switch)], |_| true);
    assert_eq!(taken, ["plex"]);
    board.declare(
        &"voice".into(),
        vec![declared("plex", Kind::Switch), declared("more", Kind::Sensor)],
        |_| false,
    );
    assert!(is_on(&board));
    assert_eq!(board.ask("plex", OFF, Origin::Voice), Err(Refused::Deserted));
    assert!(is_on(&board), "nobody heard it");
    assert_eq!(board.ask("more", ON, Origin::Voice), Err(Refused::ReadOnly));
    board.withdraw("voice");
    assert_eq!(board.ask("plex", ON, Origin::Voice), Err(Refused::Unknown));
}
