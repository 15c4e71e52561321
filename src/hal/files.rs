//! Kernel files, as sensors read them.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::simulated::Environment;

/// A kernel file with a number is far shorter; a path set by mistake to a huge file must not fill
/// the memory.
const LONGEST: u64 = 64 * 1024;

/// Where files come from.
#[derive(Clone)]
pub enum Files {
    /// The system below this folder: `/`, unless a test or a container says otherwise.
    Real { root: PathBuf },
    /// A file holds the quantity that has its path as name. There are no folders.
    Simulated(Arc<dyn Environment>),
}

impl Files {
    /// The file's text, at most its first 64 KiB. Bytes that are no UTF-8 are replaced.
    pub fn read(&self, path: &Path) -> io::Result<String> {
        match self {
            Files::Real { root } => {
                let mut bytes = Vec::new();
                File::open(below(root, path))?.take(LONGEST).read_to_end(&mut bytes)?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            Files::Simulated(environment) => path
                .to_str()
                .and_then(|name| environment.quantity(name))
                // Several times faster than `format!`, and as exact.
                .and_then(|number| serde_json::to_string(&number).ok())
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// The names in a folder, in order.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let Files::Real { root } = self else { return Err(io::ErrorKind::NotFound.into()) };
        let mut names = fs::read_dir(below(root, folder))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    /// Writes to a file that exists, as the kernel's settings do.
    pub fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let Files::Real { root } = self else { return Err(io::ErrorKind::NotFound.into()) };
        let mut file = File::options().write(true).truncate(true).open(below(root, path))?;
        io::Write::write_all(&mut file, text.as_bytes())
    }
}

/// An absolute path, seen from another root.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_root_is_another_system() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("sys/b")).unwrap();
        fs::write(root.path().join("sys/a"), b"1\xff\n").unwrap();
        let files = Files::Real { root: root.path().into() };
        assert_eq!(files.list(Path::new("/sys")).unwrap(), ["a", "b"]);
        assert_eq!(files.read(Path::new("/sys/a")).unwrap(), "1\u{fffd}\n");
        files.write(Path::new("/sys/a"), "2").unwrap();
        assert_eq!(files.read(Path::new("/sys/a")).unwrap(), "2");
        let missing = files.write(Path::new("/sys/none"), "2").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
