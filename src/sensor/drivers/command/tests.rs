use std::{fs, os::unix::fs::PermissionsExt, time::Instant};

use super::*;
use crate::{hal::Board, sensor::drivers::testing::driver};

fn read(command: &[&str], options: &str) -> Result<Value, ReadError> {
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    let options = format!("command = {command:?}\n{options}");
    driver(&hal, "command", &options).unwrap().read()
}

fn shell(script: &str, options: &str) -> Result<Value, ReadError> {
    read(&["/bin/sh", "-c", script], options)
}

#[test]
fn the_first_number_counts_or_the_one_at_the_pointer() {
    assert_eq!(shell("echo 'down: 93.4 Mbit/s'", ""), Ok(Value::Number(93.4)));
    assert_eq!(shell(r#"echo '{"a": {"b": 7}}'"#, "pointer = '/a/b'"), Ok(Value::Number(7.0)));
}

#[test]
fn arguments_are_no_shells() {
    let error = read(&["/bin/echo", "$(echo 7)"], "");
    assert_eq!(error, Ok(Value::Number(7.0)), "echo prints the text, and 7 is its first number");
    assert!(read(&["/bin/echo", "$HOME; *"], "").unwrap_err().to_string().contains("no number"));
}

#[test]
fn an_exit_code_is_a_fault_with_its_last_words() {
    let error = shell("echo 21.5; echo sensor missing >&2; exit 3", "").unwrap_err();
    assert!(error.to_string().contains("exit status: 3: sensor missing"), "{error}");
    let noise = shell("yes complaint | head -c 200000 >&2; exit 1", "").unwrap_err();
    assert!(noise.to_string().ends_with(": complaint"), "{noise}");
}

#[test]
fn a_program_that_hangs_ends_with_all_that_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("alive");
    let script = format!("(sleep 1; touch {}) & sleep 60", mark.display());
    let begin = Instant::now();
    let error = shell(&script, "timeout = '200ms'").unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("within 200ms"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(10));
    // Longer than the grandchild would have needed.
    std::thread::sleep(Duration::from_millis(1200));
    assert!(!mark.exists(), "what it had started lives on");
}

#[test]
fn too_much_output_is_cut_off() {
    let error = shell("yes", "").unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("64 kB"), "{error}");
}

#[test]
fn nothing_of_the_agents_environment_is_handed_on() {
    // Cargo sets it for tests, as systemd sets CREDENTIALS_DIRECTORY.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert_eq!(shell("echo ${CARGO_MANIFEST_DIR:-7}", ""), Ok(Value::Number(7.0)));
}

#[test]
fn programs_that_cannot_be_started_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::write(&program, "#!/bin/sh\necho 1\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    let error = read(&[program.to_str().unwrap()], "").unwrap_err();
    assert!(error.to_string().contains("chmod +x"), "{error}");
    let error = read(&["/no/such/program"], "").unwrap_err();
    assert!(!error.is_transient() && error.to_string().contains("no such program"), "{error}");
    let hal = Hal::real(&Board::named("generic-linux").unwrap());
    for relative in ["command = ['sh']", "command = []"] {
        let error = driver(&hal, "command", relative).err().unwrap();
        assert!(error.to_string().contains("absolute"), "{error}");
    }
}
