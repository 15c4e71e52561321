//! The agent is killed at every step of a move, and there is one batch in the end.

use std::thread;

use crate::{
    SCRIPT,
    gate::{Gate, Silence},
    moto::Moto,
    one_batch,
    patience::until,
    site,
};

/// Kills the agent at its `step`th request of a move from home; false when the move is over before.
fn killed_at(watch: &str, step: usize, how: Silence) -> bool {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    gate.price(0.001);
    let site = site(&gate);
    // Nobody looks for interruptions meanwhile: every request is one of the move's.
    let text =
        crate::sections(&gate, &site).replace("every = \"1s\"\naccess", "every = \"1h\"\naccess");
    site.configure(&text);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    let fired = agent.fire("home");
    assert_eq!(one_batch(&gate).as_deref(), Ok("home"), "{fired}");
    {
        let mut state = gate.state();
        state.silent_at = Some((state.count + step, how));
    }
    let was_reached = thread::scope(|scope| {
        let firing = scope.spawn(|| agent.try_ask(&fire(watch)));
        let was_reached = until(
            || (gate.state().is_silent || firing.is_finished()).then(|| gate.state().is_silent),
            || format!("step {step} is neither reached nor missed:\n{}", agent.log()),
        );
        if was_reached {
            agent.signal(nix::sys::signal::Signal::SIGKILL);
        }
        drop(firing.join());
        was_reached
    });
    if !was_reached {
        assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"));
        return false;
    }
    {
        let mut state = gate.state();
        (state.silent_at, state.is_silent) = (None, false);
    }
    let again = site.start();
    until(
        || one_batch(&gate).ok().filter(|_| is_over(&again)),
        || {
            format!(
                "{watch}, step {step}, {how:?}: {}\n{}",
                one_batch(&gate).unwrap_err(),
                again.log()
            )
        },
    );
    true
}

/// No move is under way any more.
fn is_over(agent: &crate::agent::Agent) -> bool {
    let log = agent.log();
    !log.contains("cannot be ended yet") || log.contains("has come to its end")
}

fn fire(watch: &str) -> watchpost::control::Request {
    watchpost::control::Request::Fire { name: watch.into(), dry_run: false }
}

fn at_every_step(watch: &str, how: Silence, stride: usize) {
    let mut reached = 0;
    for step in (0..200).step_by(stride) {
        if !killed_at(watch, step, how) {
            break;
        }
        reached += 1;
    }
    assert!(reached > 2, "the move has more steps than {reached}");
}

/// Some of the steps by default, each of them with `--full`.
fn stride() -> usize {
    if std::env::var_os("WATCHPOST_FULL").is_some() { 1 } else { 4 }
}

#[test]
fn a_move_that_is_killed_before_a_request_ends_in_one_batch() {
    at_every_step("away", Silence::Before, stride());
}

#[test]
fn a_move_that_is_killed_after_a_request_ends_in_one_batch() {
    at_every_step("away", Silence::After, stride());
}

#[test]
#[ignore = "long: every step of the other way round"]
fn a_move_that_empties_first_ends_in_one_batch() {
    at_every_step("away-empty-first", Silence::Before, 1);
    at_every_step("away-empty-first", Silence::After, 1);
}
