//! What can go wrong with a libvirt daemon.

use std::time::Duration;

use super::rpc::message::RemoteError;
use crate::plan::{Failure, FailureKind};

/// Numbers of `virErrorNumber` (libvirt's `virterror.h`) that are told apart here.
pub mod code {
    pub const NO_SUPPORT: i32 = 3;
    pub const INVALID_ARG: i32 = 8;
    pub const NO_DOMAIN: i32 = 42;
    pub const AUTH_FAILED: i32 = 45;
    pub const NO_STORAGE_POOL: i32 = 49;
    pub const NO_STORAGE_VOL: i32 = 50;
    pub const OPERATION_TIMEOUT: i32 = 68;
    pub const ARGUMENT_UNSUPPORTED: i32 = 74;
    pub const AUTH_CANCELLED: i32 = 79;
    pub const OPERATION_UNSUPPORTED: i32 = 84;
    pub const AGENT_UNRESPONSIVE: i32 = 86;
    pub const RESOURCE_BUSY: i32 = 87;
    pub const AUTH_UNAVAILABLE: i32 = 94;
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// No way to the daemon, or nobody there who may be trusted.
    #[error("{0}")]
    NoWay(Failure),
    #[error("{0}")]
    Lost(String),
    /// What came is not libvirt's protocol, or none that is understood.
    #[error("it sent {0}: is that really libvirt?")]
    Garbled(String),
    #[error("no answer to {what} within {} s", within.as_secs())]
    Silent { what: &'static str, within: Duration },
    /// libvirt's own answer.
    #[error("{0}")]
    Remote(RemoteError),
    /// It asks for something that is not spoken here.
    #[error("{0}")]
    NotSpoken(String),
    /// It cannot be, or must not be, as the site file or the machine stand.
    #[error("{0}")]
    Unfit(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// libvirt's number, where the error is libvirt's.
    pub fn code(&self) -> Option<i32> {
        match self {
            Error::Remote(error) => Some(error.code),
            _ => None,
        }
    }

    /// Whether the connection is of no use any more.
    pub fn is_connection(&self) -> bool {
        matches!(self, Error::NoWay(_) | Error::Lost(_) | Error::Garbled(_) | Error::Silent { .. })
    }

    /// libvirt does not know this way of doing it; another may do.
    pub fn is_unsupported(&self) -> bool {
        use code::{ARGUMENT_UNSUPPORTED, INVALID_ARG, NO_SUPPORT, OPERATION_UNSUPPORTED};
        let codes = [NO_SUPPORT, INVALID_ARG, ARGUMENT_UNSUPPORTED, OPERATION_UNSUPPORTED];
        self.code().is_some_and(|code| codes.contains(&code))
    }

    /// As a failure of this host, whose daemon is at this URI.
    pub fn into_failure(self, host: &str, uri: &str) -> Failure {
        use code::{
            AGENT_UNRESPONSIVE, NO_DOMAIN, NO_STORAGE_POOL, NO_STORAGE_VOL, OPERATION_TIMEOUT,
            RESOURCE_BUSY,
        };
        let message = format!("{host}: libvirt ({uri}): {self}");
        let kind = match self {
            Error::NoWay(failure) => failure.kind,
            Error::Lost(_) => FailureKind::Unreachable,
            Error::Silent { .. } => FailureKind::TimedOut,
            Error::Garbled(_) | Error::NotSpoken(_) => FailureKind::Refused,
            Error::Unfit(_) => FailureKind::NotConfigured,
            Error::Remote(error) => match error.code {
                NO_DOMAIN | NO_STORAGE_POOL | NO_STORAGE_VOL => FailureKind::NotConfigured,
                OPERATION_TIMEOUT | AGENT_UNRESPONSIVE | RESOURCE_BUSY => FailureKind::TimedOut,
                _ => FailureKind::Refused,
            },
        };
        Failure::new(kind, message)
    }
}
