//! `watchpost rehearse`

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{NaiveDate, TimeDelta};
use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, diagnostics_as_text},
};
use crate::{
    agent::examples,
    config::{Site, find_site_file},
    rehearse::{Ledger, Look, Outcome, Rehearsal, RehearseError, Scenario, Style, first_instant},
    script::{
        Source,
        folder::{source, sources},
    },
};

/// Run the scripts through days of virtual time in seconds, and print what would have happened
///
/// Nothing real is touched. The same days, start, seed and scripts print the same bytes.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost rehearse --days 7",
    "watchpost rehearse --start 2026-03-28 --days 2 scripts/closet-heat.rhai",
))]
pub struct RehearseArgs {
    /// How many days
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: u32,

    /// Chooses the weather and the accidents
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// The first day, as YYYY-MM-DD; without it, the scenario's
    #[arg(long, value_name = "DATE")]
    pub start: Option<NaiveDate>,

    /// Only these scripts; without any, all of the site
    #[arg(value_name = "SCRIPT")]
    pub scripts: Vec<PathBuf>,

    #[command(flatten)]
    pub format: Format,
}

/// Rehearses, and says how it went.
pub fn run(cli: &Cli, args: &RehearseArgs) -> Exit {
    let palette = Palette::for_stderr(cli.color);
    super::output::log_to_stderr(palette);
    match rehearse(cli, args) {
        Ok(()) => Exit::Fine,
        Err(error) => refused(&error, palette),
    }
}

fn rehearse(cli: &Cli, args: &RehearseArgs) -> Result<(), RehearseError> {
    let site = site(cli)?;
    let mut scenario = Scenario::closet();
    scenario.place.seed = args.seed.unwrap_or(scenario.place.seed);
    let site = scenario.take_in(site);
    let scripts = scripts(&site, &args.scripts)?;
    let zone = site.timezone;
    let start = match args.start {
        Some(date) => first_instant(zone, date.into()),
        None => scenario.start(),
    };
    let end = start + TimeDelta::days(i64::from(args.days));
    let rehearsal = Rehearsal { site, scenario, scripts, start, end, recording: None };
    let look = if args.format.json {
        Look::Json
    } else if Palette::for_stdout(cli.color).is_on() {
        Look::Text(Style::Colour)
    } else {
        Look::Text(Style::Plain)
    };
    let ledger = Ledger::new(BufWriter::new(io::stdout()), zone, look);
    let ledger = Arc::new(Mutex::new(Some(ledger)));
    let outcome = rehearsal.run(ledger.clone())?;
    let ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(ledger) = ledger {
        ledger.finish(Some(&outcome.closet)).map_err(RehearseError::Output)?;
    }
    report_speed(&outcome, end - start);
    Ok(())
}

/// The site file's site, or the one of the simulated closet.
fn site(cli: &Cli) -> Result<Site, RehearseError> {
    match find_site_file(cli.config.as_deref()) {
        Some(file) => Ok(Site::load(&file).map_err(RehearseError::Sensors)?.0),
        None => Ok(Site::simulated(Path::new("."))),
    }
}

/// The scripts that are named, else those of the site, else the examples.
fn scripts(site: &Site, named: &[PathBuf]) -> Result<Vec<Source>, RehearseError> {
    if !named.is_empty() {
        let sources: io::Result<_> = named.iter().map(|file| source(file)).collect();
        return sources.map_err(RehearseError::Unreadable);
    }
    match sources(&site.scripts) {
        Ok(sources) if !sources.is_empty() => Ok(sources),
        Err(error) if site.file.is_some() => Err(RehearseError::Unreadable(error)),
        _ => Ok(examples::sources(&site.scripts)),
    }
}

fn report_speed(outcome: &Outcome, lasted: TimeDelta) {
    let seconds = outcome.took.as_secs_f64();
    let speed = lasted.as_seconds_f64() / seconds.max(1e-6);
    let readings = outcome.readings;
    // Nobody reads it when standard error is closed.
    let _ = writeln!(
        io::stderr(),
        "rehearsed in {seconds:.1} s: {speed:.0} simulated seconds per second, {readings} readings"
    );
}

/// Says why there is no rehearsal.
pub(super) fn refused(error: &RehearseError, palette: Palette) -> Exit {
    match error {
        RehearseError::Scripts(mistakes) => {
            for mistake in mistakes {
                eprint!("{}", mistake.to_terminal(palette.is_on()));
            }
        }
        RehearseError::Sensors(diagnostics) => {
            eprint!("{}", diagnostics_as_text(diagnostics, palette));
        }
        other => eprintln!("watchpost: {other}"),
    }
    Exit::Failed
}
