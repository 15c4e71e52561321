//! What came of a command, on a host or here, and what that means for an act.

use nix::sys::signal::Signal;

use crate::plan::{Done, Failure, FailureKind};

/// The most that is kept of each of a command's two outputs, in bytes.
pub const KEPT: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    /// By a signal, named without `SIG`: `TERM`.
    Killed(String),
    /// The connection ended before the command did.
    HungUp,
    /// The deadline passed; the command may still be running.
    TimedOut,
}

#[derive(Clone, Debug)]
pub struct Outcome {
    pub ending: Ending,
    /// Standard output, then standard error; the ends of both where they were long.
    pub output: String,
}

impl Outcome {
    pub fn succeeded(&self) -> bool {
        self.ending == Ending::Exited(0)
    }

    /// An act that has succeeded when its command has: `what` ("its stop command") is named in
    /// the failure otherwise.
    pub fn into_done(self, host: &str, what: &str) -> Result<Done, Failure> {
        let (kind, message) = match &self.ending {
            Ending::Exited(0) => return Ok(Done { output: self.output, changed: true }),
            Ending::Exited(code) => {
                let reason = reason(host, *code, &self.output);
                (FailureKind::Exit(*code), format!("{host}: {what} ended with code {code}{reason}"))
            }
            Ending::Killed(signal) => (
                FailureKind::Exit(code_of(signal)),
                format!("{host}: {what} was killed by SIG{signal}"),
            ),
            Ending::HungUp => (
                FailureKind::Unreachable,
                format!("{host}: the connection was lost while {what} ran; it may have been done"),
            ),
            Ending::TimedOut => (
                FailureKind::TimedOut,
                format!("{host}: {what} did not end in time; over SSH it may still be running"),
            ),
        };
        Err(Failure { kind, message, output: self.output })
    }
}

/// What a shell reports for a command that was killed: 128 and the signal's number on this system.
fn code_of(signal: &str) -> i32 {
    format!("SIG{signal}").parse::<Signal>().map_or(128, |signal| 128 + signal as i32)
}

/// Why a command failed, as far as its output tells, and how to mend it.
fn reason(host: &str, code: i32, output: &str) -> String {
    let refusals = ["a password is required", "a terminal is required", "is not allowed to"];
    let refused = |line: &str| refusals.iter().any(|refusal| line.contains(refusal));
    if output.contains("sudo") && output.lines().any(refused) {
        return format!("; sudo refused: `watchpost hosts add {host}` installs the sudoers file");
    }
    match (output.lines().map(str::trim).rfind(|line| !line.is_empty()), code) {
        (Some(line), _) => format!(": {line}"),
        (None, 126) => ": it cannot be executed".to_owned(),
        (None, 127) => ": there is no such command".to_owned(),
        (None, _) => String::new(),
    }
}

/// The end of an output that may be endless.
#[derive(Debug)]
pub struct Tail {
    bytes: Vec<u8>,
    cut: bool,
    kept: usize,
}

impl Default for Tail {
    fn default() -> Self {
        Tail::of(KEPT)
    }
}

impl Tail {
    /// Keeps so many bytes.
    pub fn of(kept: usize) -> Self {
        Tail { bytes: Vec::new(), cut: false, kept }
    }

    pub fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        // Twice the room, so that not every chunk moves the whole of it.
        if self.bytes.len() > 2 * self.kept {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.bytes.drain(..self.bytes.len() - self.kept);
        self.cut = true;
    }

    pub fn into_text(mut self) -> String {
        if self.bytes.len() > self.kept {
            self.shorten();
        }
        let text = String::from_utf8_lossy(&self.bytes);
        if self.cut { format!("[…]{text}") } else { text.into_owned() }
    }
}

/// Standard output, then standard error, which begins on a line of its own.
pub fn joined(standard: Tail, error: Tail) -> String {
    let mut text = standard.into_text();
    let error = error.into_text();
    if !text.is_empty() && !error.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&error);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(ending: Ending, output: &str) -> Result<Done, Failure> {
        Outcome { ending, output: output.to_owned() }.into_done("foo", "its stop command")
    }

    #[test]
    fn a_failure_names_the_code_and_the_last_line() {
        let failure = ended(Ending::Exited(3), "starting\nno such unit\n\n").unwrap_err();
        assert_eq!(failure.message, "foo: its stop command ended with code 3: no such unit");
        assert_eq!(failure.kind, FailureKind::Exit(3));
        assert_eq!(failure.output, "starting\nno such unit\n\n");
    }

    #[test]
    fn a_refusing_sudo_is_explained() {
        let failure = ended(Ending::Exited(1), "sudo: a password is required\n").unwrap_err();
        assert!(failure.message.contains("watchpost hosts add foo"), "{}", failure.message);
    }

    #[test]
    fn the_tail_keeps_the_end() {
        let mut tail = Tail::default();
        for _ in 0..40 {
            tail.push(&[b'a'; 10_000]);
        }
        tail.push(b"the end");
        let text = tail.into_text();
        assert!(text.starts_with("[…]a") && text.ends_with("the end"));
        assert_eq!(text.len(), KEPT + "[…]".len());
    }

    #[test]
    fn standard_error_begins_a_line() {
        let (mut out, mut err) = (Tail::default(), Tail::default());
        out.push(b"one");
        err.push(b"two\n");
        assert_eq!(joined(out, err), "one\ntwo\n");
    }
}
