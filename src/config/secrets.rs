//! Where a secret's value is looked up: systemd's credentials, the environment, a private file.

use std::{
    env, fs,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use nix::unistd::getuid;

use super::secret::{Secret, SecretValue};

/// No password or key is longer; a larger file was not meant.
const LARGEST: u64 = 64 << 10;

/// Looks secrets up, anew each time: a changed password needs no restart.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// `$CREDENTIALS_DIRECTORY` of systemd.exec(5).
    credentials: Option<PathBuf>,
    /// `secrets/` beside the site file.
    folder: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the secret `{name}` is nowhere: put it into {place} or the variable {variable}")]
    Missing { name: String, place: String, variable: String },
    #[error("others can read the secret in {0}: chmod 600 {0}")]
    Exposed(PathBuf),
    #[error("the secret in {0} belongs to another user: chown it to yours, then chmod 600 {0}")]
    Foreign(PathBuf),
    #[error("the secret in {0} is larger than {LARGEST} bytes; is it the right file?")]
    TooLarge(PathBuf),
    #[error("the secret `{0}` is not text in UTF-8")]
    NotText(String),
    #[error("`{0}` cannot be the name of a secret: letters, digits, `-`, `_` and `/` between them")]
    BadName(String),
    #[error("cannot read the secret in {path}: {error}")]
    Unreadable { path: PathBuf, error: io::Error },
}

impl Secrets {
    /// `site_file` is the file beside which `secrets/` stands.
    pub fn beside(site_file: Option<&Path>) -> Self {
        Secrets {
            credentials: env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            folder: site_file.map(|file| file.with_file_name("secrets")),
        }
    }

    /// The first value that is found.
    ///
    /// # Errors
    /// When there is none, or when a file with it is open to others: that is never overlooked.
    pub fn lookup(&self, secret: &Secret) -> Result<SecretValue, SecretError> {
        self.lookup_with(secret, |variable| {
            env::var_os(variable).map(|value| value.into_encoded_bytes())
        })
    }

    fn lookup_with(
        &self,
        Secret { name }: &Secret,
        variables: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<SecretValue, SecretError> {
        if !Secret::is_valid_name(name) {
            return Err(SecretError::BadName(name.clone()));
        }
        let variable = variable_name(name);
        let found = match self.credential(name)? {
            Some(value) => Some(value),
            None => match variables(&variable) {
                Some(value) => Some(value),
                None => self.private_file(name)?,
            },
        };
        let value = found.ok_or_else(|| SecretError::Missing {
            name: name.clone(),
            place: self.folder.as_ref().map_or_else(
                || "systemd's credentials".to_owned(),
                |folder| folder.join(name).display().to_string(),
            ),
            variable,
        })?;
        SecretValue::new(value).map_err(|_| SecretError::NotText(name.clone()))
    }

    /// systemd gives the files of a folder as `FOLDER_FILE`: those of the unit's own `secrets`
    /// folder, and others that somebody has added.
    fn credential(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError> {
        let Some(folder) = &self.credentials else { return Ok(None) };
        let name = name.replace('/', "_");
        for file in [name.clone(), format!("secrets_{name}")] {
            if let Some((_, value)) = read_if_there(&folder.join(file))? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn private_file(&self, name: &str) -> Result<Option<Vec<u8>>, SecretError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let path = folder.join(name);
        let Some((metadata, value)) = read_if_there(&path)? else { return Ok(None) };
        if metadata.mode() & 0o077 != 0 {
            return Err(SecretError::Exposed(path));
        }
        if metadata.uid() != getuid().as_raw() && metadata.uid() != 0 {
            return Err(SecretError::Foreign(path));
        }
        Ok(Some(value))
    }
}

/// `mail` is `WATCHPOST_MAIL`, `hosts/big-iron` is `WATCHPOST_HOSTS_BIG_IRON`.
fn variable_name(name: &str) -> String {
    format!("WATCHPOST_{}", name.to_ascii_uppercase().replace(['-', '/'], "_"))
}

/// The metadata is that of the open file, so nobody can swap it in between.
fn read_if_there(path: &Path) -> Result<Option<(fs::Metadata, Vec<u8>)>, SecretError> {
    let unreadable = |error| SecretError::Unreadable { path: path.to_owned(), error };
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.len() > LARGEST {
        return Err(SecretError::TooLarge(path.to_owned()));
    }
    let mut value = Vec::new();
    file.take(LARGEST).read_to_end(&mut value).map_err(unreadable)?;
    Ok(Some((metadata, value)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Fixture {
        secrets: Secrets,
        _folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let subfolder = |name| {
                let path = folder.path().join(name);
                fs::create_dir(&path).expect("a folder");
                Some(path)
            };
            let secrets =
                Secrets { credentials: subfolder("credentials"), folder: subfolder("secrets") };
            Fixture { secrets, _folder: folder }
        }

        fn private(self, value: &str, mode: u32) -> Self {
            let path = self.secrets.folder.as_ref().expect("a folder").join("mail");
            fs::write(&path, value).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permitted");
            self
        }

        fn credential(self, value: &str) -> Self {
            let folder = self.secrets.credentials.as_ref().expect("a folder");
            fs::write(folder.join("mail"), value).expect("written");
            self
        }

        fn lookup(&self, variable: Option<&str>) -> Result<String, SecretError> {
            let secret = Secret { name: "mail".into() };
            let variables = |name: &str| {
                variable.filter(|_| name == "WATCHPOST_MAIL").map(|value| value.into())
            };
            self.secrets.lookup_with(&secret, variables).map(|value| value.reveal().to_owned())
        }
    }

    #[test]
    fn credentials_come_before_the_environment_and_that_before_files() {
        let fixture = Fixture::new().private("from the file\n", 0o600);
        assert_eq!(fixture.lookup(None).unwrap(), "from the file");
        assert_eq!(fixture.lookup(Some("from outside")).unwrap(), "from outside");
        let fixture = fixture.credential("from systemd");
        assert_eq!(fixture.lookup(Some("from outside")).unwrap(), "from systemd");
    }

    #[test]
    fn the_units_folder_of_secrets_serves() {
        let fixture = Fixture::new();
        let folder = fixture.secrets.credentials.as_ref().expect("a folder");
        fs::write(folder.join("secrets_mail"), "of the folder").expect("written");
        assert_eq!(fixture.lookup(Some("from outside")).unwrap(), "of the folder");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_remedy() {
        for mode in [0o640, 0o604, 0o620] {
            let error = Fixture::new().private("x", mode).lookup(None).unwrap_err();
            assert!(matches!(error, SecretError::Exposed(_)));
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_missing_secret_says_where_it_belongs() {
        let message = Fixture::new().lookup(None).unwrap_err().to_string();
        assert!(
            message.contains("secrets/mail") && message.contains("WATCHPOST_MAIL"),
            "{message}"
        );
    }

    #[test]
    fn what_is_no_password_is_refused() {
        let large = "x".repeat(1 << 17);
        let error = Fixture::new().private(&large, 0o600).lookup(None).unwrap_err();
        assert!(matches!(error, SecretError::TooLarge(_)));
        let escape = Secret { name: "../mail".into() };
        let error = Fixture::new().secrets.lookup(&escape).unwrap_err();
        assert!(matches!(error, SecretError::BadName(_)));
    }

    #[test]
    fn names_become_variables() {
        assert_eq!(variable_name("hosts/big-iron"), "WATCHPOST_HOSTS_BIG_IRON");
    }
}
