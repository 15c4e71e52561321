//! `watchpost api`

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Format, help_after, output::print_json};
use crate::{
    config::Limits,
    script::{api::words, engine::base_engine},
};

/// Print the scripts' vocabulary: every function with its meaning and an example
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost api > vocabulary.md",
    "watchpost api --json           for programs",
    "watchpost api --definitions .rhai/definitions",
))]
pub struct ApiArgs {
    #[command(flatten)]
    pub format: Format,

    /// Write definition files for editors that know Rhai into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    pub definitions: Option<PathBuf>,
}

impl ApiArgs {
    /// Prints or writes what was asked for.
    ///
    /// # Errors
    /// When it cannot be written, with the file's name where there is one.
    pub fn answer(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.definitions {
            Some(folder) => write_definitions(folder),
            None if self.format.json => print_json(&words::all().collect::<Vec<_>>(), out),
            None => out.write_all(words::markdown().as_bytes()),
        }
    }
}

/// Rhai's own functions, a file a module, and the vocabulary beside them.
fn write_definitions(folder: &Path) -> io::Result<()> {
    let write = |name: &str, text: String| {
        let file = folder.join(name);
        fs::write(&file, text).map_err(|error| about(&file, &error))
    };
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
    let engine = base_engine(&Limits::default(), folder);
    for (name, text) in engine.definitions().iter_files() {
        write(&name, text)?;
    }
    write("watchpost.d.rhai", words::definitions())
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_every_word() {
        let args = ApiArgs { format: Format { json: true }, definitions: None };
        let mut printed = Vec::new();
        args.answer(&mut printed).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&printed).unwrap();
        let every = json.as_array().unwrap().iter().find(|word| word["name"] == "every").unwrap();
        assert_eq!(every["kind"], "schedule");
        assert_eq!(every["forms"][0]["params"][0], serde_json::json!(["interval", "duration"]));
    }

    #[test]
    fn editors_get_files() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("definitions");
        let args = ApiArgs { format: Format::default(), definitions: Some(below.clone()) };
        args.answer(&mut Vec::new()).unwrap();
        assert!(fs::read_to_string(below.join("watchpost.d.rhai")).unwrap().contains("fn watch("));
        assert!(fs::read_dir(below).unwrap().count() > 1, "Rhai's own functions too");
    }
}
