//! Runs a program to its end, within bounds.

use std::{io, path::Path, process::Stdio};

use nix::{
    errno::Errno,
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use crate::sensor::ReadError;

/// More than any number needs.
const LONGEST_OUTPUT: u64 = 64 << 10;
/// A program's last words on stderr.
const LONGEST_COMPLAINT: u64 = 4 << 10;

/// What the program needs to find others; nothing of the agent's environment but that.
const KEPT: [&str; 4] = ["PATH", "HOME", "TZ", "TMPDIR"];

/// What it printed on stdout, if it ended well. Whoever drops this future ends the program.
pub(super) async fn run(program: &Path, arguments: &[String]) -> Result<String, ReadError> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(KEPT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that it can be ended with all that it has started.
        .process_group(0);
    let child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            ReadError::Permanent("there is no such program, or its interpreter is missing".into())
        }
        io::ErrorKind::PermissionDenied => ReadError::Permanent(
            "the agent may not run it: chmod +x, and let the agent's user reach it".into(),
        ),
        _ => ReadError::Transient(format!("cannot be started: {error}")),
    })?;
    let mut group = Group(child);
    let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
    // Both at once: a program that fills one pipe must not wait for the other.
    let (printed, complaint) =
        tokio::join!(read(stdout, LONGEST_OUTPUT), drain(stderr, LONGEST_COMPLAINT));
    let printed = printed?;
    let status = group
        .0
        .wait()
        .await
        .map_err(|error| ReadError::Transient(format!("cannot be waited for: {error}")))?;
    if status.success() {
        return Ok(printed);
    }
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| format!(": {}", line.trim())).unwrap_or_default();
    Err(ReadError::Transient(format!("ended with {status}{last}")))
}

/// All that comes, or an error when it is too much.
async fn read(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> Result<String, ReadError> {
    let Some(pipe) = pipe else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    let read = pipe.take(limit + 1).read_to_end(&mut bytes).await;
    read.map_err(|error| ReadError::Transient(format!("cannot be read from: {error}")))?;
    if bytes.len() as u64 > limit {
        let limit = limit >> 10;
        return Err(ReadError::Permanent(format!(
            "prints more than {limit} kB; one number will do"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The last of what comes; what went before is let go.
async fn drain(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let mut last = Vec::new();
    let mut buffer = [0; 1024];
    // A pipe that breaks says nothing more; the exit code is what counts.
    while let Ok(count) = pipe.read(&mut buffer).await
        && count > 0
    {
        last.extend_from_slice(&buffer[..count]);
        let excess = last.len().saturating_sub(limit as usize);
        last.drain(..excess);
    }
    String::from_utf8_lossy(&last).into_owned()
}

/// A program and what it has started.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // None once it has been waited for: its number may be another's by now.
        let Some(leader) = self.0.id().and_then(|id| i32::try_from(id).ok()) else { return };
        match killpg(Pid::from_raw(leader), Signal::SIGKILL) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => tracing::warn!("cannot end the program {leader}: {errno}"),
        }
    }
}
