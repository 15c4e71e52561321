//! Watches every system call of a program, by ptrace(2).

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt,
    process::{Child, Command},
};

use nix::{
    libc,
    sys::{
        ptrace,
        signal::Signal,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// What a program did that reaches beyond itself.
#[derive(Debug, Default)]
pub struct Reached {
    /// Names of the calls, with how often they were made.
    pub calls: BTreeMap<&'static str, usize>,
    pub exit: Option<i32>,
}

/// Runs the program of a stopped shell and writes down what it reaches. The command must come
/// from [`stopped`].
pub fn trace(child: &mut Child) -> Reached {
    let main = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let stopped = waitpid(main, Some(WaitPidFlag::WUNTRACED)).expect("the shell stops");
    assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
    let options = ptrace::Options::PTRACE_O_TRACESYSGOOD
        | ptrace::Options::PTRACE_O_TRACECLONE
        | ptrace::Options::PTRACE_O_TRACEFORK
        | ptrace::Options::PTRACE_O_TRACEVFORK
        | ptrace::Options::PTRACE_O_TRACEEXEC
        | ptrace::Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, options).expect("a child can be traced");
    nix::sys::signal::kill(main, Signal::SIGCONT).expect("the child is there");
    // Other tests of this process wait for children of their own.
    let threads = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD;
    let mut reached = Reached::default();
    let mut running = false;
    let mut inside: BTreeMap<Pid, bool> = BTreeMap::new();
    loop {
        let status = match waitpid(None, Some(threads)) {
            Ok(status) => status,
            Err(nix::errno::Errno::ECHILD) => return reached,
            Err(error) => panic!("waiting for the traced program: {error}"),
        };
        let (pid, signal) = match status {
            WaitStatus::Exited(pid, code) => {
                if pid == main {
                    reached.exit = Some(code);
                    return reached;
                }
                continue;
            }
            WaitStatus::Signaled(pid, signal, _) => {
                if pid == main {
                    reached.exit = std::process::ExitStatus::from_raw(signal as i32).code();
                    return reached;
                }
                continue;
            }
            WaitStatus::PtraceSyscall(pid) => {
                let is_inside = inside.entry(pid).or_default();
                *is_inside = !*is_inside;
                if *is_inside && running {
                    note(pid, &mut reached);
                }
                (pid, None)
            }
            WaitStatus::PtraceEvent(pid, _, libc::PTRACE_EVENT_EXEC) => {
                // The first one turns the shell into the program.
                if std::mem::replace(&mut running, true) {
                    *reached.calls.entry("execve").or_default() += 1;
                }
                (pid, None)
            }
            WaitStatus::PtraceEvent(pid, ..) => (pid, None),
            WaitStatus::Stopped(pid, Signal::SIGTRAP | Signal::SIGSTOP | Signal::SIGCONT) => {
                (pid, None)
            }
            WaitStatus::Stopped(pid, signal) => (pid, Some(signal)),
            _ => continue,
        };
        // One that ended meanwhile needs no push.
        let _ = ptrace::syscall(pid, signal);
    }
}

/// A shell that stops before it becomes the program.
pub fn stopped(program: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -STOP $$; exec \"$@\"", "sh"]).arg(program.get_program());
    shell.args(program.get_args()).env_clear();
    if let Some(folder) = program.get_current_dir() {
        shell.current_dir(folder);
    }
    shell
}

/// The calls that reach beyond the process. Opening a file to read it is none: it reads its
/// scripts.
fn note(pid: Pid, reached: &mut Reached) {
    let Ok(registers) = ptrace::getregs(pid) else { return };
    let writes = |flags: u64| {
        flags & (libc::O_WRONLY | libc::O_RDWR | libc::O_CREAT | libc::O_TRUNC) as u64 != 0
    };
    let name = match registers.orig_rax as i64 {
        libc::SYS_socket => "socket",
        libc::SYS_socketpair => "socketpair",
        libc::SYS_connect => "connect",
        libc::SYS_bind => "bind",
        libc::SYS_sendto | libc::SYS_sendmsg | libc::SYS_sendmmsg => "send",
        libc::SYS_fork | libc::SYS_vfork => "fork",
        libc::SYS_clone if registers.rdi & libc::CLONE_THREAD as u64 == 0 => "fork",
        libc::SYS_openat if writes(registers.rdx) => "open to write",
        libc::SYS_open if writes(registers.rsi) => "open to write",
        libc::SYS_creat | libc::SYS_mkdir | libc::SYS_mkdirat => "create",
        libc::SYS_unlink | libc::SYS_unlinkat | libc::SYS_rename | libc::SYS_renameat => "remove",
        libc::SYS_renameat2 | libc::SYS_truncate | libc::SYS_ftruncate => "change",
        libc::SYS_kill => "kill",
        libc::SYS_ioctl if registers.rsi >> 8 & 0xff != u64::from(b'T') => "ioctl",
        _ => return,
    };
    *reached.calls.entry(name).or_default() += 1;
}
