//! Commands on this very board, without SSH.

use std::{fs::File, path::Path, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use super::outcome::{Ending, Outcome, Tail, joined};
use crate::plan::{Failure, FailureKind};

/// Runs a shell line, with `input` as its standard input. When the time is over it is killed,
/// with all that it started.
///
/// # Errors
/// When it cannot be started; how it ended is the outcome's matter.
pub async fn run(
    line: &str,
    input: Option<&Path>,
    kept: usize,
    within: Duration,
) -> Result<Outcome, Failure> {
    let mut child = spawn(line, input).map_err(|error| {
        let message = format!("this board: the command cannot be started: {error}");
        Failure::new(FailureKind::NotConfigured, message)
    })?;
    let (mut standard, mut error) = (Tail::of(kept), Tail::of(kept));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let group = child.id();
    let ended = async {
        tokio::join!(collect(stdout, &mut standard), collect(stderr, &mut error));
        child.wait().await
    };
    let ending = match tokio::time::timeout(within, ended).await {
        Ok(status) => ending(status.map_err(|error| {
            Failure::new(FailureKind::Unreachable, format!("this board: {error}"))
        })?),
        Err(_) => {
            if let Some(group) = group.and_then(|id| i32::try_from(id).ok()) {
                // It may have ended in this very moment; then there is nobody left to kill.
                let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
            }
            Ending::TimedOut
        }
    };
    Ok(Outcome { ending, output: joined(standard, error) })
}

fn spawn(line: &str, input: Option<&Path>) -> std::io::Result<Child> {
    let input = input.map(File::open).transpose()?.map_or_else(Stdio::null, Stdio::from);
    Command::new("sh")
        .arg("-c")
        .arg(line)
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Reads until the end. A pipe that breaks has ended: what was read is kept.
async fn collect(pipe: Option<impl AsyncRead + Unpin>, tail: &mut Tail) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = [0; 8192];
    while let Ok(length) = pipe.read(&mut buffer).await
        && length > 0
    {
        tail.push(&buffer[..length]);
    }
}

fn ending(status: std::process::ExitStatus) -> Ending {
    use std::os::unix::process::ExitStatusExt;
    if let Some(code) = status.code() {
        return Ending::Exited(code);
    }
    let number = status.signal().unwrap_or_default();
    let name = Signal::try_from(number).map_or("?", Signal::as_str);
    Ending::Killed(name.trim_start_matches("SIG").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::outcome::KEPT;

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn output_and_code_come_back() {
        let outcome =
            run("echo out; echo err >&2; exit 4", None, KEPT, LONG).await.expect("it ran");
        assert_eq!(outcome.ending, Ending::Exited(4));
        assert_eq!(outcome.output, "out\nerr\n");
    }

    #[tokio::test]
    async fn a_signal_is_named() {
        let outcome = run("kill -TERM $$", None, KEPT, LONG).await.expect("it ran");
        assert_eq!(outcome.ending, Ending::Killed("TERM".to_owned()));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_killed_with_its_children() {
        let within = Duration::from_millis(300);
        let outcome = run("sleep 1000 & echo $!; wait", None, KEPT, within).await.expect("it ran");
        assert_eq!(outcome.ending, Ending::TimedOut);
        let child = format!("/proc/{}/stat", outcome.output.trim());
        for _ in 0..100 {
            // Dead it is gone, or a zombie until somebody asks for it.
            let stat = std::fs::read_to_string(&child).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the child lives on");
    }
}
