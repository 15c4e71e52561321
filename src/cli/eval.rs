//! `watchpost eval`

use std::{
    io::{self, Write, stdout},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, fired_as_json, fired_as_text, print_json, printable},
    prompt,
    reach::{Reached, ask, ask_one, mode, reach},
    stand_alone::{self, Collected},
    trouble::Trouble,
};
use crate::{
    agent::Alone,
    control::{Client, Request},
    script::{
        Instance, Source,
        solo::{self, Evaluated},
    },
    sensor::SensorStatus,
};

/// Evaluate one expression with the whole vocabulary; without one, open a prompt
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost eval 'sensor(\"closet/temperature\")'",
    "watchpost eval 'run(shell(tagged(\"pet\"), \"uptime\") | pretty(\"uptime\"))'",
    "watchpost eval                 a prompt with history and completion",
))]
pub struct EvalArgs {
    /// Rhai, as in a script's handler
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: Option<String>,

    #[command(flatten)]
    pub format: Format,
}

pub async fn eval(cli: &Cli, args: &EvalArgs) -> Result<Exit, Trouble> {
    let reached = reach(cli).await?;
    let site = reached.site.clone();
    let mut evaluator = Evaluator::choose(cli, reached).await?;
    let ended = match &args.expression {
        Some(expression) => once(cli, &evaluator, expression, args.format).await,
        None => prompt::converse(cli, &mut evaluator, &site).await,
    };
    evaluator.end().await?;
    ended
}

async fn once(
    cli: &Cli,
    evaluator: &Evaluator,
    expression: &str,
    format: Format,
) -> Result<Exit, Trouble> {
    let evaluated = evaluator.eval(expression).await?;
    if format.json {
        let mut json = fired_as_json(&evaluated.run);
        json["printed"] = evaluated.printed.clone().into();
        json["text"] = evaluated.text.as_str().into();
        json["mistake"] = serde_json::to_value(evaluated.mistake.as_ref().map(|m| m.to_json()))
            .map_err(std::io::Error::from)?;
        print_json(&json, &mut stdout())?;
    } else {
        show(cli, &evaluated)?;
    }
    Ok(Exit::from_ok(evaluated.run.is_ok()))
}

/// The value and the report on standard output, a mistake on standard error.
pub(super) fn show(cli: &Cli, evaluated: &Evaluated) -> io::Result<()> {
    let mut out = stdout();
    for line in &evaluated.printed {
        writeln!(out, "{}", printable(line))?;
    }
    if !evaluated.text.is_empty() {
        writeln!(out, "{}", printable(&evaluated.text))?;
    }
    let without_error = crate::script::actor::Fired { error: None, ..evaluated.run.clone() };
    write!(out, "{}", fired_as_text(&without_error, Palette::for_stdout(cli.color)))?;
    if let Some(mistake) = &evaluated.mistake {
        eprint!("{}", mistake.to_terminal(Palette::for_stderr(cli.color).is_on()));
    }
    Ok(())
}

/// Who evaluates: the running agent, or an agent of our own.
pub(super) enum Evaluator {
    Agent {
        socket: PathBuf,
        /// Variables are kept under this name between expressions.
        session: String,
    },
    Alone {
        alone: Box<Alone>,
        instance: Arc<Instance>,
        journal: Collected,
    },
}

impl Evaluator {
    async fn choose(cli: &Cli, reached: Reached) -> Result<Self, Trouble> {
        if reached.agent.is_some() {
            let session = format!("{:016x}", fastrand::u64(..));
            return Ok(Evaluator::Agent { socket: reached.site.socket.clone(), session });
        }
        let (journal, sinks) = stand_alone::collect(cli);
        let mut alone = Alone::acting(cli.config.as_deref(), mode(false), sinks)?;
        alone.read_sensors().await;
        alone.ask_prices().await;
        let source = Source::of_expression(&alone.parts.site.scripts);
        let loaded = solo::load(source, alone.station(), &alone.parts.site.limits).await;
        let instance = Arc::new(loaded.map_err(Trouble::Refused)?);
        Ok(Evaluator::Alone { alone: Box::new(alone), instance, journal })
    }

    pub(super) async fn eval(&self, expression: &str) -> Result<Evaluated, Trouble> {
        match self {
            Evaluator::Agent { socket, session } => {
                let request = Request::Eval {
                    expression: expression.to_owned(),
                    session: Some(session.clone()),
                };
                ask_one(Client::connect(socket).await?, &request).await
            }
            Evaluator::Alone { alone, instance, .. } => {
                Ok(solo::eval(instance, alone.station(), expression).await?)
            }
        }
    }

    /// The names of all sensors, for completion.
    pub(super) async fn sensors(&self) -> Result<Vec<String>, Trouble> {
        let sensors: Vec<SensorStatus> = match self {
            Evaluator::Agent { socket, .. } => {
                ask(Client::connect(socket).await?, &Request::Sensors).await?
            }
            Evaluator::Alone { alone, .. } => alone.sensors().all(),
        };
        Ok(sensors.into_iter().map(|sensor| sensor.name.to_string()).collect())
    }

    /// Sensors change while a person thinks.
    pub(super) async fn look_again(&mut self) {
        if let Evaluator::Alone { alone, .. } = self {
            alone.sample().await;
        }
    }

    async fn end(self) -> Result<(), Trouble> {
        match self {
            Evaluator::Agent { .. } => Ok(()),
            Evaluator::Alone { alone, instance, journal } => {
                drop(instance);
                stand_alone::end(*alone, &journal).await
            }
        }
    }
}
