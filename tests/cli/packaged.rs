//! What packages take out of the program.

use std::{collections::BTreeSet, fs, process::Command};

#[test]
fn every_verb_has_its_manual_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let status =
        Command::new(env!("CARGO_BIN_EXE_watchpost")).arg("man").arg(folder.path()).status();
    assert!(status.expect("it runs").success());
    let pages: BTreeSet<String> = fs::read_dir(folder.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("a name"))
        .collect();
    for page in ["watchpost.1", "watchpost-run.1", "watchpost-hosts-add.1"] {
        assert!(pages.contains(page), "{page} is not among {pages:?}");
    }
    assert!(!pages.contains("watchpost-man.1"), "hidden verbs are nobody's to read: {pages:?}");
    let page = fs::read_to_string(folder.path().join("watchpost.1")).expect("readable");
    assert!(page.starts_with(".ie") || page.contains(".TH watchpost 1"), "{page}");
}
