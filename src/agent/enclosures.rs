//! What of a site travels in a backup beside the state: its site file and its scripts.

use std::{fs, io, path::Path};

use crate::{
    config::Site,
    store::{Enclosed, EnclosedKind},
};

/// The site file, and every `.rhai` in and below the scripts' folder.
///
/// # Errors
/// When one of them cannot be read; its path stands in the error.
pub fn enclosures(site: &Site) -> io::Result<Vec<Enclosed>> {
    let mut files = Vec::new();
    if let Some(file) = &site.file {
        let path = std::path::absolute(file)?.display().to_string();
        files.push(Enclosed { kind: EnclosedKind::Site, path, content: read(file)? });
    }
    if site.scripts.exists() {
        add_scripts(&site.scripts, &site.scripts, &mut files)?;
    }
    Ok(files)
}

fn add_scripts(folder: &Path, root: &Path, files: &mut Vec<Enclosed>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(|error| about(folder, &error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Of a link to a folder nobody knows whether it leads back up.
        if entry.file_type()?.is_dir() {
            add_scripts(&path, root, files)?;
        } else if path.extension().is_some_and(|ending| ending == "rhai") {
            let below = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let content = read(&path)?;
            files.push(Enclosed { kind: EnclosedKind::Script, path: below, content });
        }
    }
    Ok(())
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    fs::read(file).map_err(|error| about(file, &error))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
