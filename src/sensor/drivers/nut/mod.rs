//! An uninterruptible power supply, through the server of Network UPS Tools (upsd).
//!
//! Protocol: <https://networkupstools.org/docs/developer-guide.chunked/net-protocol.html>;
//! variables: <https://networkupstools.org/docs/developer-guide.chunked/apas01.html>.

mod protocol;

use std::time::Duration;

use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

use self::protocol::{Answer, Question, parse, unit_of};
use super::{
    DriverRow, SensorSettings,
    number::first_number,
    stand_in::stand_in,
    wait::{Patience, wait},
};
use crate::{
    config::Secret,
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "nut",
    summary: "a UPS through Network UPS Tools (upsd)",
    options: &[
        ("host", "where upsd runs; localhost unless said"),
        ("port", "3493 unless said"),
        ("ups", "the UPS's name in ups.conf; may be left out if there is only one"),
        ("var", "battery.charge, ups.load, input.voltage …; battery.charge unless said"),
        ("flag", "with var = \"ups.status\": on while this word stands in it, as OB (on battery)"),
        ("user", "only if upsd asks for one"),
        ("password", "its password: { secret = \"…\" }"),
        ("timeout", "how long to wait; 5s unless said"),
    ],
    build,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default = "here")]
    host: String,
    #[serde(default = "usual_port")]
    port: u16,
    ups: Option<String>,
    #[serde(default = "charge")]
    var: String,
    flag: Option<String>,
    user: Option<String>,
    password: Option<Secret>,
    #[serde(default)]
    timeout: Patience,
}

fn here() -> String {
    "localhost".to_owned()
}

fn usual_port() -> u16 {
    3493
}

fn charge() -> String {
    "battery.charge".to_owned()
}

struct Nut {
    hal: Hal,
    options: Options,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    for (key, text) in [
        ("ups", options.ups.as_ref()),
        ("var", Some(&options.var)),
        ("flag", options.flag.as_ref()),
    ] {
        if text.is_some_and(|text| !is_word(text)) {
            let message = format!("`{key}` is one word of letters, digits, dots and hyphens");
            return Err(OptionError::new(key, message));
        }
    }
    if options.var == "ups.status" && options.flag.is_none() {
        let message = "`ups.status` is a list of words: say with `flag` for which the sensor is on \
                       (OL on line, OB on battery, LB battery low, RB replace battery)";
        return Err(OptionError::new("flag", message));
    }
    if options.password.is_some() && options.user.is_none() {
        return Err(OptionError::new("password", "`password` needs a `user`"));
    }
    let unit = if options.flag.is_some() { "" } else { unit_of(&options.var) };
    if let Some(driver) = stand_in(settings, hal, unit) {
        return Ok(driver);
    }
    Ok(Box::new(Nut { hal: hal.clone(), options }))
}

impl Driver for Nut {
    fn unit(&self) -> &str {
        if self.options.flag.is_some() { "" } else { unit_of(&self.options.var) }
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let Options { host, port, var, flag, timeout, .. } = &self.options;
        let password = self.options.password.as_ref();
        let password = password.map(|secret| self.hal.secret(secret)).transpose();
        let password = password.map_err(ReadError::Permanent)?;
        let text = wait(timeout.0, self.ask(password)).map_err(|error| match error {
            ReadError::Transient(why) => {
                ReadError::Transient(format!("upsd at {host}:{port}: {why}"))
            }
            ReadError::Permanent(why) => {
                ReadError::Permanent(format!("upsd at {host}:{port}: {why}"))
            }
        })?;
        match flag {
            Some(flag) => Ok(Value::Switch(text.split_whitespace().any(|word| word == flag))),
            None => first_number(&text).map(Value::Number).ok_or_else(|| {
                ReadError::Permanent(format!("{var} is no number, but `{text}`: see `flag`"))
            }),
        }
    }

    fn limit(&self) -> Duration {
        self.options.timeout.limit()
    }
}

impl Nut {
    async fn ask(&self, password: Option<String>) -> Result<String, ReadError> {
        let Options { host, port, ups, var, user, .. } = &self.options;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| {
            ReadError::Transient(format!("cannot connect ({error}): is nut-server running?"))
        })?;
        let mut conversation = Conversation(BufStream::new(stream));
        if let Some(user) = user {
            conversation.ask(&Question::User(user)).await?;
        }
        if let Some(password) = &password {
            conversation.ask(&Question::Password(password)).await?;
        }
        let ups = match ups {
            Some(ups) => ups.clone(),
            None => conversation.only_ups().await?,
        };
        let value = conversation.ask(&Question::Variable { ups: &ups, name: var }).await?;
        conversation.say("LOGOUT").await?;
        match value {
            Answer::Variable(value) => Ok(value),
            other => Err(unexpected(&other)),
        }
    }
}

/// Longer lines are no upsd's.
const LONGEST_LINE: u64 = 1024;
const MOST_LINES: usize = 256;

struct Conversation(BufStream<TcpStream>);

impl Conversation {
    async fn ask(&mut self, question: &Question<'_>) -> Result<Answer, ReadError> {
        self.say(&question.to_string()).await?;
        self.answer().await
    }

    async fn only_ups(&mut self) -> Result<String, ReadError> {
        let mut names = Vec::new();
        let mut answer = self.ask(&Question::List).await?;
        for _ in 0..MOST_LINES {
            match answer {
                Answer::BeginList => {}
                Answer::Ups(name) => names.push(name),
                Answer::EndList => break,
                other => return Err(unexpected(&other)),
            }
            answer = self.answer().await?;
        }
        match &names[..] {
            [only] => Ok(only.clone()),
            [] => Err(ReadError::Permanent("it serves no UPS: see ups.conf".to_owned())),
            _ => Err(ReadError::Permanent(format!(
                "it serves {}: say which with `ups`",
                names.join(", ")
            ))),
        }
    }

    async fn say(&mut self, line: &str) -> Result<(), ReadError> {
        let line = format!("{line}\n");
        self.0.write_all(line.as_bytes()).await.map_err(lost)?;
        self.0.flush().await.map_err(lost)
    }

    async fn answer(&mut self) -> Result<Answer, ReadError> {
        let mut line = Vec::new();
        let mut limited = (&mut self.0).take(LONGEST_LINE);
        limited.read_until(b'\n', &mut line).await.map_err(lost)?;
        if !line.ends_with(b"\n") {
            return Err(ReadError::Transient("the connection broke off".to_owned()));
        }
        parse(&String::from_utf8_lossy(&line))
    }
}

fn lost(error: std::io::Error) -> ReadError {
    ReadError::Transient(format!("the connection broke off: {error}"))
}

fn unexpected(answer: &Answer) -> ReadError {
    ReadError::Transient(format!("an answer that does not fit the question: {answer:?}"))
}

#[cfg(test)]
mod tests;
