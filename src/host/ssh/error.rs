//! libssh2's error codes as failures.

use ssh2::ErrorCode;

use crate::plan::{Failure, FailureKind};

/// The codes of libssh2.h that are told apart here.
const KEX_FAILURE: i32 = -5;
const KEY_EXCHANGE_FAILURE: i32 = -8;
const TIMEOUT: i32 = -9;
const SOCKET_TIMEOUT: i32 = -30;
const FILE: i32 = -16;
const AUTHENTICATION_FAILED: i32 = -18;
const PUBLICKEY_UNVERIFIED: i32 = -19;
const CHANNEL_FAILURE: i32 = -21;
const KEYFILE_AUTH_FAILED: i32 = -48;

pub fn is_timeout(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(TIMEOUT | SOCKET_TIMEOUT))
}

/// The server would not open a channel, or could not reach what it should lead to.
pub fn is_channel_refused(error: &ssh2::Error) -> bool {
    error.code() == ErrorCode::Session(CHANNEL_FAILURE)
}

/// The private key could not be read, or not be opened with this passphrase.
pub fn is_bad_key_file(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(FILE | KEYFILE_AUTH_FAILED))
}

/// The server does not want this key or password.
pub fn is_denied(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(AUTHENTICATION_FAILED | PUBLICKEY_UNVERIFIED))
}

/// A failure of the connection to `host` while it was `doing` something.
pub fn failure(host: &str, doing: &str, error: &ssh2::Error) -> Failure {
    let kind = match error.code() {
        _ if is_timeout(error) => FailureKind::TimedOut,
        ErrorCode::Session(KEX_FAILURE | KEY_EXCHANGE_FAILURE) => FailureKind::Refused,
        _ => FailureKind::Unreachable,
    };
    let reason = match kind {
        FailureKind::TimedOut => "no answer in time".to_owned(),
        _ => error.message().to_owned(),
    };
    Failure::new(kind, format!("{host}: {doing}: {reason}"))
}
