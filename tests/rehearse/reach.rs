//! Nothing real can be reached from a rehearsal.

use std::process::Stdio;

use crate::{
    tracer::{Reached, stopped, trace},
    watchpost,
};

fn traced(arguments: &[&str]) -> Reached {
    let folder = tempfile::tempdir().unwrap();
    let mut program = watchpost(folder.path());
    program.args(arguments);
    let mut child = stopped(&program).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let reached = trace(&mut child);
    assert_eq!(reached.exit, Some(0), "{reached:?}");
    reached
}

#[test]
fn a_rehearsal_opens_no_socket_starts_no_process_and_writes_no_file() {
    let reached = traced(&["rehearse", "--start", "2026-07-15T12:00"]);
    assert!(reached.calls.is_empty(), "{reached:?}");
}

#[test]
fn the_picture_is_the_one_file_that_is_written() {
    let reached = traced(&["rehearse", "--svg", "closet.svg"]);
    assert_eq!(reached.calls.into_iter().collect::<Vec<_>>(), [("open to write", 1)]);
}
