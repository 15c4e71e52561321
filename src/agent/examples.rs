//! The example scripts, for a folder that has none.

use std::{fs, io, path::Path};

use crate::{rehearse::tests::Tested, script::Source};

macro_rules! examples {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../scripts/", $name)))),+]
    };
}

/// Name and text of each, as they stand in the project's `scripts` folder.
pub const EXAMPLES: &[(&str, &str)] = examples![
    "closet-heat.rhai",
    "leak.rhai",
    "night-updates.rhai",
    "open-ports.rhai",
    "plex-evening.rhai",
    "solar-mining.rhai",
    "spot.rhai",
    "voice.rhai",
];

/// Their tests.
pub const TESTS: &[(&str, &str)] = examples![
    "closet-heat.test.rhai",
    "leak.test.rhai",
    "night-updates.test.rhai",
    "open-ports.test.rhai",
    "plex-evening.test.rhai",
    "solar-mining.test.rhai",
    "spot.test.rhai",
    "voice.test.rhai",
];

/// The examples as if they stood in this folder.
pub fn sources(folder: &Path) -> Vec<Source> {
    EXAMPLES.iter().map(|example| source(example, folder)).collect()
}

/// Their tests, likewise.
pub fn tests(folder: &Path) -> Vec<Tested> {
    let script_of = |test: &str| {
        let name = test.strip_suffix(".test.rhai")?;
        EXAMPLES.iter().find(|(script, _)| script.strip_suffix(".rhai") == Some(name))
    };
    let pairs = TESTS.iter().filter_map(|test| Some((test, script_of(test.0)?)));
    pairs
        .map(|(test, script)| Tested { test: source(test, folder), script: source(script, folder) })
        .collect()
}

fn source((name, text): &(&str, &str), folder: &Path) -> Source {
    Source {
        name: name.trim_end_matches(".rhai").into(),
        file: format!("scripts/{name}"),
        text: (*text).to_owned(),
        folder: folder.to_owned(),
    }
}

/// Writes the examples into a folder without scripts; returns how many were written.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_if_empty(folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let has_scripts = fs::read_dir(folder)?
        .filter_map(Result::ok)
        .any(|entry| entry.path().extension().is_some_and(|ending| ending == "rhai"));
    if has_scripts {
        return Ok(0);
    }
    for (name, text) in EXAMPLES.iter().chain(TESTS) {
        fs::write(folder.join(name), text)?;
    }
    Ok(EXAMPLES.len())
}
