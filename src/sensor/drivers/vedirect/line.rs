//! The serial line: opened when it is needed, shared by the sensors of one device.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read},
    os::{fd::AsFd, unix::fs::OpenOptionsExt},
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::{
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::termios::{self, BaudRate, ControlFlags, FlushArg, SetArg},
};

use super::frame::{BadFrame, Frames};
use crate::sensor::ReadError;

/// Devices send a frame every second, some divide their fields among two.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the other sensors of the same turn may share.
const FRESH: Duration = Duration::from_millis(1500);

/// A serial line with a VE.Direct device at its other end.
pub(super) struct Line {
    path: PathBuf,
    open: Option<File>,
    latest: BTreeMap<String, (String, Instant)>,
    /// The last turn in which nothing came, so that ten sensors do not wait ten times.
    silent: Option<(Instant, ReadError)>,
}

impl Line {
    /// Touches nothing.
    pub fn new(path: PathBuf) -> Self {
        Line { path, open: None, latest: BTreeMap::new(), silent: None }
    }

    /// The field's text, not older than a frame or two.
    pub fn latest(&mut self, label: &str) -> Result<String, ReadError> {
        if let Some(text) = self.fresh(label) {
            return Ok(text);
        }
        if let Some((at, error)) = &self.silent
            && at.elapsed() < FRESH
        {
            return Err(error.clone());
        }
        let outcome = self.wait_for(label);
        if let Err(error) = &outcome {
            // An adapter that was plugged in anew is another file.
            self.open = None;
            self.silent = Some((Instant::now(), error.clone()));
        }
        outcome
    }

    fn fresh(&self, label: &str) -> Option<String> {
        let (text, at) = self.latest.get(label)?;
        (at.elapsed() < FRESH).then(|| text.clone())
    }

    fn wait_for(&mut self, label: &str) -> Result<String, ReadError> {
        let deadline = Instant::now() + PATIENCE;
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.open()?,
        };
        // What waited in the kernel's buffer may be minutes old.
        termios::tcflush(&file, FlushArg::TCIFLUSH).map_err(|errno| self.lost(errno.into()))?;
        let mut frames = Frames::default();
        let (mut seen, mut bad, mut whole) = (0, None, 0);
        let mut buffer = [0; 256];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.nothing(label, seen, bad, whole));
            }
            wait_readable(&file, left).map_err(|error| self.lost(error))?;
            let count = match file.read(&mut buffer) {
                Ok(0) => return Err(self.lost(ErrorKind::UnexpectedEof.into())),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(self.lost(error)),
            };
            seen += count;
            for byte in &buffer[..count] {
                match frames.push(*byte) {
                    Some(Ok(fields)) => {
                        whole += 1;
                        let now = Instant::now();
                        self.latest
                            .extend(fields.into_iter().map(|(key, text)| (key, (text, now))));
                    }
                    Some(Err(error)) => bad = Some(error),
                    None => {}
                }
            }
            if let Some(text) = self.fresh(label) {
                self.open = Some(file);
                return Ok(text);
            }
        }
    }

    fn open(&self) -> Result<File, ReadError> {
        let path = self.path.display();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags((OFlag::O_NOCTTY | OFlag::O_NONBLOCK).bits())
            .open(&self.path)
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => ReadError::Permanent(format!(
                    "{path} is missing: the cable is unplugged, or the device is another; \
                     `watchpost sensors --scan` lists serial lines"
                )),
                ErrorKind::PermissionDenied => ReadError::Permanent(format!(
                    "permission denied on {path}: join the group dialout (`sudo usermod -aG \
                     dialout $USER`)"
                )),
                _ => ReadError::Transient(format!("cannot open {path}: {error}")),
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ReadError::Permanent(format!(
                    "another program reads {path}: two readers take each other's bytes"
                )));
            }
            Err(TryLockError::Error(error)) => return Err(self.lost(error)),
        }
        set_up(&file)
            .map_err(|error| ReadError::Permanent(format!("{path} is no serial line: {error}")))?;
        Ok(file)
    }

    fn nothing(&self, label: &str, seen: usize, bad: Option<BadFrame>, whole: usize) -> ReadError {
        let path = self.path.display();
        match (seen, whole, bad) {
            (0, ..) => ReadError::Transient(format!(
                "{path} is silent: the device has no power, or RX is not wired to its TX"
            )),
            (_, 0, Some(error)) => ReadError::Transient(format!("{path}: {error}")),
            (_, 0, None) => ReadError::Transient(format!(
                "{path}: bytes come, but no VE.Direct frame: is it the right device?"
            )),
            _ => ReadError::Permanent(format!("the device at {path} sends no field {label}")),
        }
    }

    fn lost(&self, error: io::Error) -> ReadError {
        ReadError::Transient(format!("{} broke off: {error}", self.path.display()))
    }
}

/// 19200 baud, 8 bits, no parity, 1 stop bit, nothing interpreted.
fn set_up(file: &File) -> nix::Result<()> {
    let mut settings = termios::tcgetattr(file)?;
    termios::cfmakeraw(&mut settings);
    settings.control_flags.insert(ControlFlags::CLOCAL | ControlFlags::CREAD);
    settings.control_flags.remove(ControlFlags::CSTOPB | ControlFlags::CRTSCTS);
    termios::cfsetspeed(&mut settings, BaudRate::B19200)?;
    termios::tcsetattr(file, SetArg::TCSANOW, &settings)
}

fn wait_readable(file: &File, limit: Duration) -> io::Result<()> {
    let mut readable = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
    let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
    match poll(&mut readable, limit) {
        // The caller looks at the time again.
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}
