//! The first login, by whatever the person has: the agent's key if it is there already, one of
//! their own, or a password.

use std::path::Path;

use ssh2::{KeyboardInteractivePrompt, Prompt};

use super::{Enrollment, Password, Person, STEP_WITHIN};
use crate::{
    host::ssh::{Deadline, SecretResolver, SshSession, Target, connect, greet, read_known_hosts},
    plan::{Failure, FailureKind},
};

const PASSWORD_TRIES: usize = 3;

pub struct Login {
    pub session: SshSession,
    /// Whether the agent's key is in place.
    pub by_agent_key: bool,
    /// The password, if one was needed: sudo will ask for it too.
    pub password: Option<Password>,
}

/// # Errors
/// `Refused` when nothing helps; the connection's own failures.
pub fn log_in(
    wish: &Enrollment<'_>,
    target: &Target,
    agent_key: &Path,
    person: &mut dyn Person,
) -> Result<Login, Failure> {
    let secrets = wish.secrets;
    let own = Target { key: wish.first_key.clone(), passphrase: None, ..target.clone() };
    let agent = Target { key: Some(agent_key.to_owned()), ..target.clone() };
    for (target, by_agent_key) in [(&agent, true), (&own, false)] {
        match connect(target, secrets, Deadline::within(STEP_WITHIN)) {
            Ok(session) => return Ok(Login { session, by_agent_key, password: None }),
            Err(failure) if failure.kind == FailureKind::Refused => {}
            Err(failure) => return Err(failure),
        }
    }
    let (session, password) = with_password(target, secrets, person)?;
    Ok(Login { session, by_agent_key: false, password: Some(password) })
}

fn with_password(
    target: &Target,
    secrets: &SecretResolver,
    person: &mut dyn Person,
) -> Result<(SshSession, Password), Failure> {
    let Target { name, user, .. } = target;
    let refused = |text: String| Failure::new(FailureKind::Refused, format!("{name}: {text}"));
    for _ in 0..PASSWORD_TRIES {
        let question = format!("Password of {user} on {name}: ");
        let Some(password) = person.password(&question) else { break };
        // A new connection for each: asking takes longer than a server waits, and some hang up
        // after a wrong one.
        let known = read_known_hosts(target)?;
        let greeted = greet(target, &known, secrets, Deadline::within(STEP_WITHIN))?;
        let session = greeted.verify(target, &known)?;
        let methods = session.bare().auth_methods(user).map(str::to_owned).unwrap_or_default();
        if !methods.contains("password") && !methods.contains("keyboard-interactive") {
            let advice = "append the agent's public key to its authorized_keys by hand";
            return Err(refused(format!("it takes no passwords (only {methods}): {advice}")));
        }
        if accepts(&session, user, &methods, &password) {
            return Ok((session, password));
        }
        person.say("that was not accepted");
    }
    Err(refused(format!("no login as {user}: neither a key nor a password was accepted")))
}

fn accepts(session: &SshSession, user: &str, methods: &str, password: &Password) -> bool {
    let bare = session.bare();
    let listed = |wanted| methods.split(',').any(|method| method == wanted);
    if listed("password") && bare.userauth_password(user, password.reveal()).is_ok() {
        return true;
    }
    listed("keyboard-interactive")
        && bare.userauth_keyboard_interactive(user, &mut Answer(password)).is_ok()
}

/// Answers what is asked without an echo, which is the password.
struct Answer<'a>(&'a Password);

impl KeyboardInteractivePrompt for Answer<'_> {
    fn prompt(&mut self, _user: &str, _text: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let answer =
            |prompt: &Prompt<'_>| if prompt.echo { String::new() } else { self.0.reveal().into() };
        prompts.iter().map(answer).collect()
    }
}
