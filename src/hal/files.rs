//! Kernel files, as sensors read them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use super::simulated::Environment;

/// A kernel file with a number is far shorter; a path set by mistake to a huge file must not fill
/// the memory.
const LONGEST: u64 = 64 * 1024;

/// Where files come from.
#[derive(Clone)]
pub enum Files {
    Real,
    /// A file holds the quantity that has its path as name.
    Simulated(Arc<dyn Environment>),
}

impl Files {
    /// The file's text, at most its first 64 KiB.
    pub fn read(&self, path: &Path) -> io::Result<String> {
        match self {
            Files::Real => {
                let mut text = String::new();
                File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
                Ok(text)
            }
            Files::Simulated(environment) => path
                .to_str()
                .and_then(|name| environment.quantity(name))
                .map(|number| format!("{number}\n"))
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }
}
