//! What goes wrong on an I2C bus, and how to mend it.

use std::io;

use embedded_hal::i2c::{Error, ErrorKind, NoAcknowledgeSource};
use nix::errno::Errno;

/// Fault codes as the kernel uses them: <https://docs.kernel.org/i2c/fault-codes.html>.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum I2cError {
    #[error("permission denied on {path}: join the group i2c (`sudo usermod -aG i2c $USER`)")]
    Permission { path: String },
    #[error("{path} is missing: enable I2C (`raspi-config`, or `dtparam=i2c_arm=on`) and reboot")]
    Missing { path: String },
    #[error("cannot open {path}: {reason}")]
    Open { path: String, reason: String },
    #[error("no answer: check the wiring, the power and the address")]
    NoAnswer,
    #[error("a kernel driver holds the address: read the chip through its files, or unload it")]
    Held,
    #[error("timed out: a device holds the bus, or the pull-up resistors are missing")]
    TimedOut,
    #[error("the bus was lost to another master")]
    ArbitrationLost,
    #[error("bus error: {0}")]
    Other(String),
}

impl I2cError {
    /// A device file that could not be opened.
    pub fn open(path: &str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied => I2cError::Permission { path },
            io::ErrorKind::NotFound => I2cError::Missing { path },
            _ => I2cError::Open { path, reason: error.to_string() },
        }
    }

    /// A transfer that failed.
    pub(super) fn transfer(error: &io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw) {
            // Adapters differ in how they say that nobody acknowledged; the Pi's says EREMOTEIO.
            Some(Errno::EREMOTEIO | Errno::ENXIO | Errno::ENODEV) => I2cError::NoAnswer,
            Some(Errno::EBUSY) => I2cError::Held,
            Some(Errno::ETIMEDOUT) => I2cError::TimedOut,
            Some(Errno::EAGAIN) => I2cError::ArbitrationLost,
            _ => I2cError::Other(error.to_string()),
        }
    }

    /// Whether the same transfer may succeed a moment later. What the owner must mend first is
    /// tried again too, only not at once.
    pub fn is_transient(&self) -> bool {
        match self {
            I2cError::NoAnswer
            | I2cError::TimedOut
            | I2cError::ArbitrationLost
            | I2cError::Other(_) => true,
            I2cError::Permission { .. }
            | I2cError::Missing { .. }
            | I2cError::Open { .. }
            | I2cError::Held => false,
        }
    }
}

impl Error for I2cError {
    fn kind(&self) -> ErrorKind {
        match self {
            I2cError::NoAnswer => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
            I2cError::ArbitrationLost => ErrorKind::ArbitrationLoss,
            I2cError::TimedOut | I2cError::Held => ErrorKind::Bus,
            I2cError::Permission { .. }
            | I2cError::Missing { .. }
            | I2cError::Open { .. }
            | I2cError::Other(_) => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_codes_become_advice() {
        let transfer = |errno: Errno| I2cError::transfer(&io::Error::from(errno));
        assert_eq!(transfer(Errno::EREMOTEIO), I2cError::NoAnswer);
        assert_eq!(transfer(Errno::ETIMEDOUT), I2cError::TimedOut);
        assert_eq!(transfer(Errno::EBUSY), I2cError::Held);
        let denied = I2cError::open("/dev/i2c-1", &io::Error::from(Errno::EACCES)).to_string();
        assert!(denied.contains("join the group i2c"), "{denied}");
    }
}
