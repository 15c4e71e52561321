//! SIGKILL, for real: a child writes and says what it was promised; the parent kills it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use super::*;

const FILE: &str = "WATCHPOST_TEST_STORE";

/// Only as the child of the test below: records, remembers, and says each number when it is kept.
#[test]
#[ignore = "the other test's child"]
fn child() {
    let Some(path) = env::var_os(FILE) else { return };
    let store = Store::open(path.as_ref(), &HistorySettings::default()).unwrap();
    let first = store.recall("s", "n").wait().unwrap().and_then(|n| n.as_i64()).unwrap_or(0);
    for n in first + 1.. {
        store.record(&[reading("a", n as f64, n)]).wait().unwrap();
        store.append(&note("n", n)).wait().unwrap();
        store.remember("s", "n", &json!(n)).wait().unwrap();
        writeln!(std::io::stderr(), "kept {n}").unwrap();
    }
}

#[test]
fn what_a_killed_process_was_promised_is_there() {
    let folder = Folder::new();
    for lines in [1, 2, 10, 29, 31, 70] {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--ignored", "--nocapture", "store::tests::kill::child"])
            .env(FILE, &folder.path)
            .env_remove("RUNTIME_DIRECTORY")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let numbers = said.filter_map(|line| line.strip_prefix("kept ")?.parse::<i64>().ok());
        let kept = numbers.take(lines).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = folder.open().unwrap();
        assert!(!store.ended_well());
        let remembered = store.recall("s", "n").wait().unwrap().unwrap().as_i64().unwrap();
        assert!(remembered >= kept);
        // The child may have come further than it could say.
        let values = values(&store, "a");
        assert!(values.len() as i64 >= remembered);
        assert!(values.iter().zip(1..).all(|(value, n)| *value == f64::from(n)));
        assert!(store.recent(&JournalFilter::default()).wait().unwrap().len() as i64 >= remembered);
    }
}
