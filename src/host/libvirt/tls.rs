//! TLS towards a daemon: its authority and our certificate stand where libvirt keeps them
//! (<https://libvirt.org/kbase/tlscerts.html>). Only that authority is believed, and the host's
//! name is always checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use native_tls::{Certificate, Identity, Protocol, TlsConnector};
use openssl::pkey::PKey;

/// Where the authority's certificate, ours, and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PkiFiles {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    /// Whether ours may be missing: a daemon need not ask for it.
    needs_ours: bool,
}

impl PkiFiles {
    /// `pkipath` of the URI, else the user's own files where all are there, else the system's.
    pub fn choose(pkipath: Option<&Path>, home: Option<&Path>) -> Self {
        if let Some(folder) = pkipath {
            return Self::within(folder);
        }
        let own = home.map(|home| Self::within(&home.join(".pki/libvirt")));
        let complete = |files: &PkiFiles| {
            [&files.ca, &files.certificate, &files.key].iter().all(|path| path.exists())
        };
        own.filter(complete).unwrap_or_else(|| PkiFiles {
            ca: "/etc/pki/CA/cacert.pem".into(),
            certificate: "/etc/pki/libvirt/clientcert.pem".into(),
            key: "/etc/pki/libvirt/private/clientkey.pem".into(),
            needs_ours: false,
        })
    }

    fn within(folder: &Path) -> Self {
        PkiFiles {
            ca: folder.join("cacert.pem"),
            certificate: folder.join("clientcert.pem"),
            key: folder.join("clientkey.pem"),
            needs_ours: true,
        }
    }

    /// Reads the files anew, so that a renewed certificate needs no restart.
    ///
    /// # Errors
    /// Which file cannot be used, and why.
    pub fn connector(&self) -> Result<TlsConnector, String> {
        let mut builder = TlsConnector::builder();
        builder.min_protocol_version(Some(Protocol::Tlsv12)).disable_built_in_roots(true);
        let authorities = Certificate::stack_from_pem(&read(&self.ca)?)
            .map_err(|error| format!("{} holds no certificates: {error}", self.ca.display()))?;
        for authority in authorities {
            builder.add_root_certificate(authority);
        }
        if let Some(identity) = self.identity()? {
            builder.identity(identity);
        }
        builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))
    }

    fn identity(&self) -> Result<Option<Identity>, String> {
        if !self.needs_ours && !self.certificate.exists() {
            return Ok(None);
        }
        let (certificate, key) = (read(&self.certificate)?, read(&self.key)?);
        let no_pair = |error: &dyn std::fmt::Display| {
            let (certificate, key) = (self.certificate.display(), self.key.display());
            format!("{certificate} and {key} are no certificate with its key: {error}")
        };
        // libvirt's own guide makes keys of a kind that native-tls does not read itself.
        let key = PKey::private_key_from_pem(&key)
            .and_then(|key| key.private_key_to_pem_pkcs8())
            .map_err(|error| no_pair(&error))?;
        Identity::from_pkcs8(&certificate, &key).map(Some).map_err(|error| no_pair(&error))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| {
        let help = match error.kind() {
            io::ErrorKind::NotFound => "; `pkipath=` in the URI names another folder",
            _ => "",
        };
        format!("cannot read {}: {error}{help}", path.display())
    })
}
