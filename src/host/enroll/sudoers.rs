//! `/etc/sudoers.d/watchpost`: what a user who is not root may do as root, to the word.

use std::io::Cursor;

use super::{Password, Person};
use crate::{
    host::{
        root_commands::{PACKAGERS, POWER_OFF, REBOOT},
        shell,
        ssh::{SshSession, Target},
    },
    plan::{Failure, FailureKind},
};

/// Where sudo looks. A name with a dot is passed over by sudo, so the unchecked part has one.
const INSTALL: &str = r#"set -eu
umask 077
part=/etc/sudoers.d/.watchpost.part
trap 'rm -f "$part"' EXIT
printf '%s' "$1" > "$part"
chmod 0440 "$part"
visudo -cqf "$part"
mv -f "$part" /etc/sudoers.d/watchpost"#;

/// Says who the user is, then where the programs are, one path a line.
const SURVEY: &str = r#"PATH="$PATH:/usr/sbin:/sbin"
id -u
for program; do command -v "$program"; done
true"#;

/// Allows what the default acts run as root; false when that was allowed already, or the user is
/// root.
///
/// # Errors
/// When sudo is missing, its password is wrong, or the rules do not work in the end.
pub fn install(
    session: &SshSession,
    target: &Target,
    password: &mut Option<Password>,
    person: &mut dyn Person,
) -> Result<bool, Failure> {
    let Target { name, user, .. } = target;
    let survey = survey(session, name)?;
    if survey.is_root {
        person.say(&format!("{user} is root on {name}: no sudoers file is needed"));
        return Ok(false);
    }
    let rules = rules(&survey.programs);
    if missing(&listing(session)?, &rules).is_empty() {
        person.say(&format!("sudo on {name} allows what is needed"));
        return Ok(false);
    }
    let question = format!("Password of {user} on {name}, for sudo: ");
    let secret = match password.take() {
        Some(known) => known,
        None => person.password(&question).ok_or_else(|| {
            let message = format!("{name}: no sudoers file without the password of {user}");
            Failure::new(FailureKind::Refused, message)
        })?,
    };
    let text = file(user, &rules).ok_or_else(|| {
        let message = format!("{name}: the user name {user:?} cannot stand in a sudoers file");
        Failure::new(FailureKind::NotConfigured, message)
    })?;
    let line = format!("sudo -S -p '' {}", shell::script(INSTALL, &[&text]));
    let outcome = super::run(session, &line, &mut typed(&secret))?;
    drop(secret);
    outcome.into_done(name, "installing /etc/sudoers.d/watchpost")?;
    let missing = missing(&listing(session)?, &rules);
    if let Some(first) = missing.first() {
        let message = format!(
            "{name}: /etc/sudoers.d/watchpost is installed, but sudo does not allow `{first}`: \
             does /etc/sudoers include /etc/sudoers.d?"
        );
        return Err(Failure::new(FailureKind::Refused, message));
    }
    person.say(&format!("sudo on {name} allows switching it off, restarting and updating it"));
    Ok(true)
}

/// What a person would type at sudo's prompt.
fn typed(secret: &Password) -> impl std::io::Read {
    use std::io::Read;
    Cursor::new(secret.reveal().as_bytes()).chain(Cursor::new(b"\n"))
}

struct Survey {
    is_root: bool,
    /// Full paths.
    programs: Vec<String>,
}

fn survey(session: &SshSession, name: &str) -> Result<Survey, Failure> {
    let mut programs: Vec<&str> = PACKAGERS.iter().map(|packager| packager.program).collect();
    programs.extend(POWER_OFF.iter().chain(REBOOT).map(|command| program_of(command)));
    let line = shell::script(SURVEY, &programs);
    let done = super::run(session, &line, &mut std::io::empty())?.into_done(name, "a survey")?;
    let mut lines = done.output.lines();
    Ok(Survey {
        is_root: lines.next() == Some("0"),
        programs: lines.filter(|line| line.starts_with('/')).map(str::to_owned).collect(),
    })
}

/// What sudo allows without a password.
fn listing(session: &SshSession) -> Result<String, Failure> {
    // Into a pipe, since elsewhere sudo folds its lines. Where nothing is allowed it only
    // complains, which is an answer too.
    Ok(super::run(session, "sudo -n -l | cat", &mut std::io::empty())?.output)
}

fn program_of(command: &str) -> &str {
    command.split(' ').next().unwrap_or(command)
}

/// The commands that this host can run, with their full paths, as sudoers(5) spells them.
fn rules(programs: &[String]) -> Vec<String> {
    let place =
        |program: &str| programs.iter().find(|path| path.rsplit('/').next() == Some(program));
    let packager = PACKAGERS.iter().find(|packager| place(packager.program).is_some());
    let updates = packager.map_or(&[][..], |packager| packager.steps);
    let mut rules = Vec::new();
    for command in POWER_OFF.iter().chain(REBOOT).chain(updates) {
        let program = program_of(command);
        let Some(path) = place(program) else { continue };
        let arguments = command[program.len()..].replace(':', r"\:").replace('=', r"\=");
        // Without arguments a rule would allow any.
        let arguments = if arguments.is_empty() { " \"\"" } else { &arguments };
        rules.push(format!("{path}{arguments}"));
    }
    rules
}

/// `None` when the user's name has letters that mean something there.
fn file(user: &str, rules: &[String]) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_plain =
        user.chars().all(plain) && user.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rules = rules.join(", \\\n    ");
    (is_plain && user != "ALL").then(|| {
        format!(
            "# Installed by `watchpost hosts add`: all that the agent may do as root here.\n\
             {user} ALL=(root) NOPASSWD: {rules}\n"
        )
    })
}

/// The rules that `sudo -l` does not list as allowed without a password.
fn missing<'a>(listing: &str, rules: &'a [String]) -> Vec<&'a String> {
    let allowed: Vec<&str> = listing
        .lines()
        .filter_map(|line| line.split_once("NOPASSWD: "))
        .flat_map(|(_, commands)| commands.split(", "))
        .map(str::trim)
        .collect();
    if allowed.contains(&"ALL") {
        return Vec::new();
    }
    rules.iter().filter(|rule| !allowed.contains(&rule.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debian() -> Vec<String> {
        ["/usr/bin/apt-get", "/usr/bin/systemctl", "/usr/sbin/poweroff"].map(str::to_owned).to_vec()
    }

    #[test]
    fn only_programs_that_are_there_stand_in_the_file_with_their_exact_arguments() {
        let text = file("ops", &rules(&debian())).expect("a plain name");
        let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines[0], "ops ALL=(root) NOPASSWD: /usr/bin/systemctl poweroff, \\");
        assert_eq!(lines[1], "/usr/sbin/poweroff \"\", \\");
        assert_eq!(lines[2], "/usr/bin/systemctl reboot, \\");
        assert_eq!(lines[3], r"/usr/bin/apt-get -q -y -o DPkg\:\:Lock\:\:Timeout\=300 update, \");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn a_name_that_sudoers_would_misread_is_refused() {
        for user in ["%admin", "ALL", "#0", "a b", "o,p", ""] {
            assert_eq!(file(user, &[]), None, "{user}");
        }
    }

    #[test]
    fn what_sudo_lists_is_not_missing() {
        let rules = rules(&debian());
        let listing = format!("User ops may run:\n    (root) NOPASSWD: {}\n", rules.join(", "));
        assert_eq!(missing(&listing, &rules), Vec::<&String>::new());
        assert_eq!(missing("    (ALL : ALL) NOPASSWD: ALL\n", &rules), Vec::<&String>::new());
        let with_password = "    (ALL : ALL) ALL\n    (root) NOPASSWD: /usr/bin/systemctl reboot\n";
        assert_eq!(missing(with_password, &rules).len(), rules.len() - 1);
    }
}
