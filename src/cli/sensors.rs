//! `watchpost sensors`

use std::io::{Write, stdout};

use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{Exit, Listing, Palette, ago, print_json},
    reach::{ask, mode, reach},
    trouble::Trouble,
};
use crate::{
    agent::{Alone, Outfit},
    control::Request,
    sensor::{SensorStatus, scan},
    tasks,
};

/// Read every sensor once and show what it says
///
/// Ends with 1 when a sensor has no value that can be believed.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost sensors",
    "watchpost sensors --scan       what answers on the buses, known or not",
))]
pub struct SensorsArgs {
    /// Look for devices on the buses instead
    #[arg(long)]
    pub scan: bool,

    #[command(flatten)]
    pub format: Format,
}

pub async fn sensors(cli: &Cli, args: &SensorsArgs) -> Result<Exit, Trouble> {
    if args.scan {
        return look_for_devices(cli, args.format).await;
    }
    let sensors = match reach(cli).await?.agent {
        Some(agent) => ask(agent, &Request::Sensors).await?,
        None => {
            let mut alone = Alone::looking(cli.config.as_deref(), mode(false))?;
            alone.read_sensors().await;
            alone.sensors().all()
        }
    };
    if args.format.json {
        print_json(&sensors, &mut stdout())?;
    } else if sensors.is_empty() {
        eprintln!(
            "watchpost: the site file has no [[sensor]]; `watchpost sensors --scan` finds some"
        );
    } else {
        write!(stdout(), "{}", table(&sensors))?;
    }
    Ok(Exit::from_ok(sensors.iter().all(|sensor| sensor.fault.is_none())))
}

fn table(sensors: &[SensorStatus]) -> String {
    let mut list = Listing::new(["sensor", "value", "read", "state"]);
    for sensor in sensors {
        let value = sensor
            .reading
            .as_ref()
            .map(|reading| format!("{} {}", reading.value, sensor.unit).trim_end().to_owned());
        let age = sensor.age.and_then(|age| chrono::TimeDelta::from_std(age).ok());
        let epoch = chrono::DateTime::UNIX_EPOCH;
        let read = age.map(|age| ago(epoch, epoch + age));
        let state = match &sensor.fault {
            Some(fault) => fault.to_string(),
            None => sensor.quality.as_str().to_owned(),
        };
        list.row([
            (&*sensor.name).into(),
            value.unwrap_or_default().into(),
            read.unwrap_or_default().into(),
            state.into(),
        ]);
    }
    list.render()
}

/// The buses are the board's: no agent is asked, and a chip may be read by both at a time.
async fn look_for_devices(cli: &Cli, format: Format) -> Result<Exit, Trouble> {
    let outfit = Outfit::choose(cli.config.as_deref(), &mode(false))?;
    if outfit.closet().is_some() {
        eprintln!("watchpost: these are the simulated closet's buses; nothing on them is real");
    }
    let hal = outfit.hal.clone();
    let scanned = tasks::spawn_blocking(move || scan(&hal)).await;
    let scanned = scanned.map_err(|panic| Trouble::Refused(format!("the scan failed: {panic}")))?;
    if format.json {
        print_json(&scanned, &mut stdout())?;
        return Ok(Exit::from_ok(scanned.problems.is_empty()));
    }
    let palette = Palette::for_stdout(cli.color);
    let mut out = stdout();
    if scanned.found.is_empty() {
        writeln!(out, "nothing was found")?;
    }
    for found in &scanned.found {
        writeln!(out, "{}", palette.faint(format!("# {}: {}", found.place, found.title)))?;
        writeln!(out, "{}", found.lines.as_deref().unwrap_or("# no driver fits\n"))?;
    }
    for problem in &scanned.problems {
        eprintln!("watchpost: {problem}");
    }
    Ok(Exit::from_ok(scanned.problems.is_empty()))
}
