//! `watchpost run`

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;

use super::{
    Cli, help_after,
    output::{Exit, Palette, Terminal},
};
use crate::{
    agent::{Ending, Mode, Outfit, Running, Signals, StartError, Supervisor, examples, serve},
    clock::Clock,
    tasks,
};

/// How often the sensors are shown on a terminal, in real time.
const SHOW_SENSORS: Duration = Duration::from_secs(5);
/// How fast the closet without a site file lives unless told otherwise: an hour in a minute.
pub(super) const CLOSET_SPEED: f64 = 60.0;

/// Run the agent until Ctrl-C or SIGTERM; SIGHUP reloads the site file and the scripts
#[derive(Args, Clone, Debug, Default, PartialEq)]
#[command(after_help = help_after!(
    "watchpost run --config /etc/watchpost/watchpost.toml",
    "watchpost run --dry-run        sensors are real, acts are only written down",
    "watchpost run --simulated      the simulated closet, on a real board too",
))]
pub struct RunArgs {
    /// Read real sensors and ask real hosts, but only write down what would be done
    #[arg(long)]
    pub dry_run: bool,

    /// Run the simulated closet, whatever the board and the site file
    #[arg(long)]
    pub simulated: bool,

    /// How many times as fast as real time the simulated closet lives [default: 60]
    #[arg(long, value_name = "N")]
    pub speed: Option<f64>,

    /// The simulated world with its faults, as a scenario file (TOML)
    #[arg(long, value_name = "FILE", requires = "simulated")]
    pub scenario: Option<PathBuf>,
}

pub async fn run(cli: &Cli, args: &RunArgs) -> Exit {
    let palette = Palette::for_stderr(cli.color);
    super::output::log_to_stderr(palette);
    let speed = args.speed.unwrap_or(CLOSET_SPEED);
    if !(speed.is_finite() && speed > 0.0) {
        eprintln!("watchpost: --speed takes a number greater than 0");
        return Exit::WrongUsage;
    }
    let scenario = args.scenario.clone();
    let mode = Mode { dry_run: args.dry_run, simulated: args.simulated, speed, scenario };
    let mut outfit = match Outfit::choose(cli.config.as_deref(), &mode) {
        Ok(outfit) => outfit,
        Err(error) => return refused(&error, palette),
    };
    // Listened to from here on: none is lost between one life of the agent and the next.
    let mut signals = Signals::listen();
    let supervisor = Arc::new(Supervisor::from_environment());
    // The outfit that ran before a reload, until the one after it runs.
    let mut before = None;
    loop {
        match (serve_once(&outfit, palette, speed, &mut signals, &supervisor).await, before.take())
        {
            (Ok(Ending::Stopped), _) => return Exit::Fine,
            (Ok(Ending::Reload), _) => match Outfit::choose(cli.config.as_deref(), &mode) {
                Ok(anew) => before = Some(std::mem::replace(&mut outfit, anew)),
                Err(error) => stays(&error, palette),
            },
            // Some mistakes only show when the parts are put together.
            (Err(error), Some(earlier)) => {
                stays(&error, palette);
                outfit = earlier;
            }
            (Err(error), None) => return refused(&error, palette),
        }
    }
}

/// Says why a reload changes nothing.
fn stays(error: &StartError, palette: Palette) {
    refused(error, palette);
    eprintln!("watchpost: the site file before this stays in force");
}

async fn serve_once(
    outfit: &Outfit,
    palette: Palette,
    speed: f64,
    signals: &mut Signals,
    supervisor: &Arc<Supervisor>,
) -> Result<Ending, StartError> {
    let terminal = Terminal::on_stderr(outfit.site.timezone, palette);
    for warning in &outfit.warnings {
        eprint!("{}", warning.render(palette.is_on()));
    }
    let clock = outfit.clock.clone();
    introduce(outfit, &terminal, speed);
    let show = outfit.closet().is_some();
    serve(outfit, signals, supervisor, vec![terminal.sink()], move |running: Running| {
        if show {
            tasks::spawn(show_sensors(running, terminal, clock));
        }
    })
    .await
}

/// Says what kind of agent this is, and how to make it another.
fn introduce(outfit: &Outfit, terminal: &Terminal, speed: f64) {
    let now = outfit.clock.now();
    if outfit.is_forgetful() {
        terminal.say(now, "no site file: this is a simulated closet, and nothing in it is real");
        terminal
            .say(now, &format!("it lives {speed} times as fast as you (--speed); Ctrl-C ends it"));
        match examples::write_if_empty(&outfit.site.scripts) {
            Ok(0) => {}
            Ok(count) => {
                let folder = short(&outfit.site.scripts);
                terminal.say(now, &format!("wrote {count} example scripts to {folder}: edit one, and it is loaded on save"));
            }
            Err(error) => {
                terminal.say(now, &format!("the example scripts could not be written: {error}"))
            }
        }
    }
    if outfit.is_dry_run() {
        terminal.say(now, "dry run: what would be done is only written down");
    }
}

fn short(path: &Path) -> String {
    path.display().to_string()
}

async fn show_sensors(running: Running, terminal: Terminal, clock: Clock) {
    loop {
        tokio::time::sleep(SHOW_SENSORS).await;
        terminal.sensors(clock.now(), &running.sensors.all());
    }
}

/// Says why there is no agent.
pub(super) fn refused(error: &StartError, palette: Palette) -> Exit {
    match error {
        StartError::Site(diagnostics) => {
            eprint!("{}", super::output::diagnostics_as_text(diagnostics, palette));
        }
        other => eprintln!("watchpost: {other}"),
    }
    Exit::Failed
}
