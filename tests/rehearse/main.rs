//! `watchpost rehearse` and `watchpost test`, as the real program.

mod faults;
mod printed;
#[cfg(target_arch = "x86_64")]
mod reach;
mod reality;
#[cfg(target_arch = "x86_64")]
mod tracer;

use std::process::Command;

/// The program, in a folder of its own, where nothing else is.
pub fn watchpost(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchpost"));
    command.current_dir(folder).env_clear();
    command
}

#[test]
fn owners_tests_pass_fail_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    let script = "watch(\"hot\", above(\"closet/temperature\", 70.0), stop(hosts(\"foo\")));";
    std::fs::write(scripts.join("hot.rhai"), script).unwrap();
    let test = "given(\"closet/temperature\", 71.0); advance(\"5m\"); expect(stopped(\"foo\"));";
    std::fs::write(scripts.join("hot.test.rhai"), test).unwrap();
    let passed = watchpost(folder.path()).arg("test").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&passed.stdout), "✔ hot\n1 passed, 0 failed\n");
    assert!(passed.status.success());

    std::fs::write(scripts.join("hot.test.rhai"), test.replace("stopped", "started")).unwrap();
    let failed = watchpost(folder.path()).args(["test", "scripts"]).output().unwrap();
    let said = String::from_utf8_lossy(&failed.stdout);
    assert!(said.contains("expected started(\"foo\")") && said.contains("✔ foo stopped"), "{said}");
    assert!(said.ends_with("0 passed, 1 failed\n"), "{said}");
    assert_eq!(failed.status.code(), Some(1));
}

#[test]
fn two_versions_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let script = |level: &str| {
        format!("watch(\"hot\", above(\"closet/temperature\", {level}), stop(hosts(\"foo\")));")
    };
    std::fs::write(folder.path().join("old.rhai"), script("60.0")).unwrap();
    std::fs::write(folder.path().join("new.rhai"), script("65.0")).unwrap();
    let run = watchpost(folder.path())
        .args(["rehearse", "--compare", "old.rhai", "new.rhai"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("foo stopped") && said.contains("moved"), "{said}");
    assert!(run.status.success());
}

/// What a rehearsal prints.
fn rehearsed(folder: &std::path::Path, arguments: &[&str]) -> String {
    let run = watchpost(folder).arg("rehearse").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    said
}
