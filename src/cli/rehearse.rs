//! `watchpost rehearse`

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, diagnostics_as_text, print_json},
};
use crate::{
    agent::examples,
    config::{Site, find_site_file},
    rehearse::{
        Acts, Decisions, Ledger, Look, Outcome, Recording, Rehearsal, RehearseError, Scenario,
        Senses, Style, differences, svg,
    },
    script::{
        Source,
        folder::{script_files, source, sources},
    },
};

/// Run the scripts through days of virtual time in seconds, and print what would have happened
///
/// Nothing real is touched. The same days, start, seed and scripts print the same bytes.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost rehearse --days 7",
    "watchpost rehearse --from /var/lib/watchpost/watchpost.db",
    "watchpost rehearse --days 30 --compare old.rhai scripts/closet-heat.rhai",
    "watchpost rehearse --start 2026-03-28 --days 2 scripts/closet-heat.rhai",
))]
pub struct RehearseArgs {
    /// How many days; without it one, or as long as the recording lasts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub days: Option<u32>,

    /// Chooses the weather and the accidents
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// When it begins, as YYYY-MM-DD or YYYY-MM-DDTHH:MM; without it, as the scenario says
    #[arg(long, value_name = "DATE", value_parser = local_moment)]
    pub start: Option<NaiveDateTime>,

    /// A recorded history in the sensors' place: the agent's state file, or a CSV file with the
    /// header time,sensor,value[,unit]
    #[arg(long, value_name = "DB or CSV")]
    pub from: Option<PathBuf>,

    /// The simulated world with its faults, as a scenario file (TOML)
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,

    /// Draw the sensors, with what was done marked on them
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Rehearse two versions of a script, or of a folder of scripts, and print how they differ
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["scripts", "svg"])]
    pub compare: Option<Vec<PathBuf>>,

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
    let set = Setting::of(cli, args)?;
    if let Some([old, new]) = args.compare.as_deref() {
        return compare(cli, args, &set, [old, new]);
    }
    let scripts = scripts(&set.site, &args.scripts)?;
    let zone = set.site.timezone;
    let ledger = Ledger::new(BufWriter::new(io::stdout()), zone, look(cli, args));
    let acts = args.svg.as_ref().map(|_| Acts::default());
    let audience = Arc::new(Mutex::new((Some(ledger), acts)));
    let outcome = set.rehearsal(scripts, args.svg.is_some()).run(audience.clone())?;
    let (ledger, acts) =
        std::mem::take(&mut *audience.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(ledger) = ledger {
        let finished = ledger.finish(&outcome.closet, outcome.excesses.clone());
        finished.map_err(RehearseError::Output)?;
    }
    if let (Some(file), Some(acts)) = (&args.svg, acts) {
        let drawn = svg(&outcome.series, &acts.entries, zone);
        std::fs::write(file, drawn).map_err(RehearseError::Output)?;
    }
    report_speed(&outcome, set.end - set.start);
    Ok(())
}

fn local_moment(text: &str) -> Result<NaiveDateTime, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(Into::into)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M"))
        .map_err(|_| "write it like 2026-07-15 or 2026-07-15T12:00".to_owned())
}

/// Everything about a rehearsal but the scripts.
struct Setting {
    site: Site,
    scenario: Scenario,
    senses: Senses,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Setting {
    fn of(cli: &Cli, args: &RehearseArgs) -> Result<Setting, RehearseError> {
        let mut scenario = match &args.scenario {
            Some(file) => Scenario::load(file)?,
            None => Scenario::closet(),
        };
        scenario.place.seed = args.seed.unwrap_or(scenario.place.seed);
        let mut site = scenario.take_in(site(cli)?);
        let recording = args.from.as_deref().map(Recording::load).transpose()?;
        if let Some(recording) = &recording {
            recording.serve(&mut site);
        }
        let start = match (args.start, &recording) {
            (Some(date), _) => site.timezone.first_instant(date),
            (None, Some(recording)) => recording.first,
            (None, None) => scenario.start(),
        };
        let end = match (args.days, &recording) {
            (None, Some(recording)) => recording.last.max(start) + TimeDelta::seconds(1),
            (days, _) => start + TimeDelta::days(i64::from(days.unwrap_or(1))),
        };
        let senses = match recording {
            Some(recording) => Senses::Recording(Arc::new(recording)),
            None => Senses::Closet,
        };
        Ok(Setting { site, scenario, senses, start, end })
    }

    fn rehearsal(&self, scripts: Vec<Source>, traced: bool) -> Rehearsal {
        Rehearsal {
            site: self.site.clone(),
            scenario: self.scenario.clone(),
            scripts,
            start: self.start,
            end: self.end,
            senses: self.senses.clone(),
            traced,
        }
    }
}

fn look(cli: &Cli, args: &RehearseArgs) -> Look {
    if args.format.json {
        Look::Json
    } else if Palette::for_stdout(cli.color).is_on() {
        Look::Text(Style::Colour)
    } else {
        Look::Text(Style::Plain)
    }
}

fn compare(
    cli: &Cli,
    args: &RehearseArgs,
    set: &Setting,
    versions: [&PathBuf; 2],
) -> Result<(), RehearseError> {
    let decisions = |version: &PathBuf| {
        let named: Vec<PathBuf> = if version.is_dir() {
            script_files(version).map_err(RehearseError::Unreadable)?
        } else {
            vec![version.clone()]
        };
        let audience = Arc::new(Mutex::new(Decisions::default()));
        set.rehearsal(scripts(&set.site, &named)?, false).run(audience.clone())?;
        let decisions =
            std::mem::take(&mut *audience.lock().unwrap_or_else(PoisonError::into_inner));
        Ok::<_, RehearseError>(decisions)
    };
    let changes = differences(&decisions(versions[0])?, &decisions(versions[1])?);
    let mut out = io::stdout();
    let written = match look(cli, args) {
        Look::Json => print_json(&changes, &mut out),
        Look::Text(style) => out.write_all(changes.text(set.site.timezone, style).as_bytes()),
    };
    written.map_err(RehearseError::Output)
}

/// The site file's site, or the one of the simulated closet.
pub(super) fn site(cli: &Cli) -> Result<Site, RehearseError> {
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
