//! `watchpost test`

use std::path::{Path, PathBuf};

use clap::Args;

use super::{
    Cli, help_after,
    output::{Exit, Palette},
    rehearse::{refused, site},
};
use crate::{
    agent::examples,
    rehearse::{
        RehearseError, Scenario,
        tests::{Failure, Tested, Verdict, files},
    },
};

/// Run the owner's own tests of the scripts: every NAME.test.rhai beside its NAME.rhai
///
/// Nothing real is touched, and an hour takes no time.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost test",
    "watchpost test /etc/watchpost/scripts",
))]
pub struct TestArgs {
    /// The scripts' folder, or one test file; without it, the site's folder
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// The world of the tests, as a scenario file (TOML)
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
}

/// Runs the tests, and says how many passed.
pub fn run(cli: &Cli, args: &TestArgs) -> Exit {
    let palette = Palette::for_stdout(cli.color);
    super::output::log_to_stderr(Palette::for_stderr(cli.color));
    match test(cli, args, palette) {
        Ok(passed) => Exit::from_ok(passed),
        Err(error) => refused(&error, Palette::for_stderr(cli.color)),
    }
}

fn test(cli: &Cli, args: &TestArgs, palette: Palette) -> Result<bool, RehearseError> {
    let site = site(cli)?;
    let mut scenario = match &args.scenario {
        Some(file) => Scenario::load(file)?,
        None => Scenario::closet(),
    };
    let site = scenario.take_in(site);
    let tests = match &args.dir {
        Some(place) => read(place)?,
        None if site.file.is_none() && !site.scripts.exists() => examples::tests(&site.scripts),
        None => read(&site.scripts)?,
    };
    let (mut passed, mut failed) = (0, 0);
    for tested in tests {
        for verdict in tested.run(site.clone(), scenario.clone())? {
            match verdict.failure {
                None => passed += 1,
                Some(_) => failed += 1,
            }
            show(&verdict, palette);
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}

fn read(place: &Path) -> Result<Vec<Tested>, RehearseError> {
    let files = if place.is_dir() { files(place) } else { Ok(vec![place.to_owned()]) };
    let files = files.map_err(RehearseError::Unreadable)?;
    let tests: std::io::Result<_> = files.iter().map(|file| Tested::read(file)).collect();
    tests.map_err(RehearseError::Unreadable)
}

fn show(verdict: &Verdict, palette: Palette) {
    let Some(Failure { error, timeline }) = &verdict.failure else {
        println!("{} {}", palette.good('✔'), verdict.name);
        return;
    };
    println!("{} {}", palette.bad('✘'), verdict.name);
    print!("{}", error.to_terminal(palette.is_on()));
    if !timeline.is_empty() {
        println!("What happened until then:");
        for line in timeline.lines() {
            println!("{}", format!("  {line}").trim_end());
        }
    }
}
