//! The command line: what it accepts. What the verbs do stands with those who can do it.

pub mod api;
pub mod backup;
pub mod check;
pub mod completions;
pub mod doctor;
mod enrolling;
pub mod eval;
pub mod fire;
pub mod hosts;
pub mod journal;
pub mod man;
pub mod output;
pub mod pause;
mod prompt;
mod reach;
pub mod rehearse;
pub mod restore;
pub mod resume;
pub mod run;
pub mod sensors;
mod stand_alone;
pub mod test;
#[cfg(test)]
mod tests;
mod trouble;

use std::{ffi::OsString, path::PathBuf};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use output::{ColorChoice, Exit, Palette};
use trouble::Trouble;

/// What stands below every verb's help: its examples, then how it ends.
macro_rules! help_after {
    ($($example:literal),+ $(,)?) => {
        concat!(
            "Examples:\n",
            $("  ", $example, "\n",)+
            "\nExit codes: 0 fine, 1 a check or a run failed, 2 wrong usage"
        )
    };
}
pub(crate) use help_after;

/// Reads a closet's sensors, runs its owner's watch scripts, switches hosts.
///
/// Without a verb the agent runs. Without a site file it runs a simulated closet, which needs no
/// hardware and touches nothing.
#[derive(Debug, Parser)]
#[command(name = "watchpost", version, max_term_width = 100, after_help = help_after!(
    "watchpost                      run the agent, or the simulated closet",
    "watchpost check                find every mistake before it matters",
    "watchpost rehearse --days 7    see what a week of the scripts would do",
))]
pub struct Cli {
    /// The site file; else ./watchpost.toml, else /etc/watchpost/watchpost.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Whether to colour what is printed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,

    #[command(flatten)]
    run: run::RunArgs,

    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Verb {
    Run(run::RunArgs),
    Check(check::CheckArgs),
    Rehearse(rehearse::RehearseArgs),
    Test(test::TestArgs),
    Fire(fire::FireArgs),
    Eval(eval::EvalArgs),
    Sensors(sensors::SensorsArgs),
    Doctor(doctor::DoctorArgs),
    Hosts(hosts::HostsArgs),
    Journal(journal::JournalArgs),
    Pause(pause::PauseArgs),
    Resume(resume::ResumeArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Api(api::ApiArgs),
    #[command(hide = true)]
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
}

impl Cli {
    /// The arguments of this process. Help, version and wrong usage are answered here and end it.
    pub fn from_command_line() -> Self {
        Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// # Errors
    /// Help and version, too, come as errors; [`clap::Error::exit`] knows how to show each.
    pub fn read<A>(arguments: impl IntoIterator<Item = A>) -> Result<Self, clap::Error>
    where
        A: Into<OsString> + Clone,
    {
        let mut command = Cli::command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        if cli.verb.is_some() && cli.run != run::RunArgs::default() {
            let message =
                "--dry-run and --simulated stand behind their verb: watchpost run --dry-run";
            return Err(command.error(ErrorKind::ArgumentConflict, message));
        }
        Ok(cli)
    }

    /// What to do; `run` when nothing is said.
    pub fn verb(&self) -> Verb {
        self.verb.clone().unwrap_or_else(|| Verb::Run(self.run.clone()))
    }
}

/// Does what the command line says.
pub fn main(cli: Cli) -> Exit {
    // A rehearsal has a runtime of its own, which can reach nothing.
    match cli.verb() {
        Verb::Rehearse(args) => return rehearse::run(&cli, &args),
        Verb::Test(args) => return test::run(&cli, &args),
        _ => {}
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("watchpost: the threads cannot be started: {error}");
            return Exit::Failed;
        }
    };
    let exit = runtime
        .block_on(obey(&cli))
        .unwrap_or_else(|trouble| trouble.show(Palette::for_stderr(cli.color)));
    // A device or a host that hangs keeps its thread; the process need not wait for it.
    runtime.shutdown_background();
    exit
}

async fn obey(cli: &Cli) -> Result<Exit, Trouble> {
    match &cli.verb() {
        Verb::Run(args) => Ok(run::run(cli, args).await),
        Verb::Check(args) => check::check(cli, args).await,
        Verb::Rehearse(_) | Verb::Test(_) => unreachable!("they have a runtime of their own"),
        Verb::Fire(args) => fire::fire(cli, args).await,
        Verb::Eval(args) => eval::eval(cli, args).await,
        Verb::Sensors(args) => sensors::sensors(cli, args).await,
        Verb::Doctor(args) => doctor::doctor(cli, args).await,
        Verb::Hosts(args) => hosts::hosts(cli, args).await,
        Verb::Journal(args) => journal::journal(cli, args).await,
        Verb::Pause(args) => pause::pause(cli, args).await,
        Verb::Resume(args) => resume::resume(cli, args).await,
        Verb::Backup(args) => backup::backup(cli, args).await,
        Verb::Restore(args) => restore::restore(cli, args).await,
        Verb::Api(args) => Ok(args.answer(&mut std::io::stdout()).map(|()| Exit::Fine)?),
        Verb::Completions(args) => {
            completions::completions(args, &mut std::io::stdout());
            Ok(Exit::Fine)
        }
        Verb::Man(args) => Ok(man::man(args).map(|()| Exit::Fine)?),
    }
}

/// For every verb that lists something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct Format {
    /// Print JSON instead of text for people
    #[arg(long)]
    pub json: bool,
}
