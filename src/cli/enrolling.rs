//! `watchpost hosts add NAME`: the conversation with the person who adds it.

use std::{
    io::{self, BufRead, IsTerminal, Write, stderr, stdin},
    path::PathBuf,
};

use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use super::{
    Cli,
    hosts::AddArgs,
    output::{Exit, confirm},
    reach::mode,
    trouble::Trouble,
};
use crate::{
    agent::Outfit,
    host::enroll::{AGENT_KEY, Enrollment, Password, Person, enroll},
    suggest::did_you_mean,
    tasks,
};

pub async fn add(cli: &Cli, args: &AddArgs) -> Result<Exit, Trouble> {
    let outfit = Outfit::choose(cli.config.as_deref(), &mode(false))?;
    let AddArgs { name, yes } = args.clone();
    let inventory = outfit.site.hosts.clone();
    let Some(host) = inventory.get(&name).cloned() else {
        let hint = did_you_mean(&name, inventory.names().map(|name| &**name));
        let hint = hint
            .unwrap_or_else(|| format!("write it down first: [hosts.{name}] with its `address`"));
        return Err(Trouble::Refused(format!("the site file has no host `{name}`: {hint}")));
    };
    if outfit.closet().is_some() {
        let why = format!("{name} is a host of the simulated closet: there is nothing to add");
        return Err(Trouble::Refused(why));
    }
    let secrets = outfit.secrets.clone();
    let enrolled = tasks::spawn_blocking(move || {
        let wish = Enrollment {
            host: &host,
            inventory: &inventory,
            secrets: &secrets,
            agent_key: PathBuf::from(AGENT_KEY),
            first_key: None,
            from: None,
        };
        enroll(&wish, &mut AtTerminal { yes })
    });
    let enrolled = enrolled.await.map_err(|panic| Trouble::Refused(panic.to_string()))?;
    let enrolled = enrolled.map_err(|failure| Trouble::Refused(failure.message))?;
    let came = if enrolled.changed { "is ready" } else { "was ready already" };
    println!("✔ {name} {came}. What the site file should say of it:\n\n{}", enrolled.site);
    Ok(Exit::Fine)
}

/// Whoever sits at the terminal.
struct AtTerminal {
    /// Every question is answered with yes; passwords are asked for all the same.
    yes: bool,
}

impl Person for AtTerminal {
    fn say(&mut self, line: &str) {
        eprintln!("{line}");
    }

    fn confirm(&mut self, question: &str) -> bool {
        confirm(question, self.yes).unwrap_or_else(|error| {
            eprintln!("{error}");
            false
        })
    }

    fn password(&mut self, question: &str) -> Option<Password> {
        if !stdin().is_terminal() {
            return None;
        }
        eprint!("{question}");
        let typed = without_echo(|| {
            let mut line = String::new();
            stdin().lock().read_line(&mut line).map(|_| line)
        });
        eprintln!();
        match typed {
            Ok(line) => {
                let typed = line.trim_end_matches(['\r', '\n']);
                (!typed.is_empty()).then(|| Password::new(typed.to_owned()))
            }
            Err(error) => {
                eprintln!("the password cannot be read: {error}");
                None
            }
        }
    }
}

/// Reads while the terminal shows nothing of it, termios(3).
fn without_echo<T>(read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    stderr().flush()?;
    let before = tcgetattr(stdin())?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(stdin(), SetArg::TCSAFLUSH, &quiet)?;
    let result = read();
    tcsetattr(stdin(), SetArg::TCSAFLUSH, &before)?;
    result
}
