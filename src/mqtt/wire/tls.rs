//! TLS towards the broker: the system's roots, a private authority beside them, a certificate of
//! our own.

use std::path::{Path, PathBuf};

use native_tls::{Certificate, Identity, Protocol, TlsConnector};

/// Files of the site file's `[mqtt]`, all PEM.
pub struct TlsFiles<'f> {
    pub ca: Option<&'f Path>,
    pub identity: Option<&'f (PathBuf, PathBuf)>,
}

/// Reads the files anew, so that a renewed certificate needs no restart. The host's name is always
/// checked.
///
/// # Errors
/// Which file cannot be used, and why.
pub fn connector(files: &TlsFiles<'_>) -> Result<TlsConnector, String> {
    let mut builder = TlsConnector::builder();
    builder.min_protocol_version(Some(Protocol::Tlsv12));
    if let Some(path) = files.ca {
        let certificates = Certificate::stack_from_pem(&read(path)?)
            .map_err(|error| format!("{} holds no certificates: {error}", path.display()))?;
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    if let Some((certificate, key)) = files.identity {
        let identity = Identity::from_pkcs8(&read(certificate)?, &read(key)?).map_err(|error| {
            let (certificate, key) = (certificate.display(), key.display());
            format!(
                "{certificate} and {key} are no certificate with its key: {error} (a key must \
                 begin with BEGIN PRIVATE KEY: openssl pkcs8 -topk8 -nocrypt -in {key})"
            )
        })?;
        builder.identity(identity);
    }
    builder.build().map_err(|error| format!("TLS cannot be set up: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
