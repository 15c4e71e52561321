//! `watchpost doctor`

use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, print_json},
    reach::mode,
    trouble::Trouble,
};
use crate::{
    agent::Outfit,
    doctor::{Finding, alexa, gpio, i2c},
    hal::{Board, DeviceTree},
    tasks,
};

/// Find out why something does not work: it only looks, and changes nothing
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost doctor               everything that the site has",
    "watchpost doctor i2c           buses, permissions, chips that do not answer",
    "watchpost doctor gpio          chips, permissions, who holds which line",
    "watchpost doctor alexa --record searches.pcap --seconds 60",
))]
pub struct DoctorArgs {
    #[command(subcommand)]
    subject: Option<Subject>,

    #[command(flatten)]
    format: Format,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum Subject {
    Alexa(AlexaArgs),
    /// Chips, permissions, and who holds which line
    Gpio(Format),
    /// Buses, permissions, and chips that do not answer
    I2c(Format),
}

/// Everything between a voice and a switch: interfaces, multicast, ports, the devices themselves
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
struct AlexaArgs {
    /// Record what is said on the group into a file for Wireshark, to be attached to a report
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// How long to record
    #[arg(long, value_name = "N", default_value_t = 30, requires = "record")]
    seconds: u64,

    #[command(flatten)]
    format: Format,
}

pub async fn doctor(cli: &Cli, args: &DoctorArgs) -> Result<Exit, Trouble> {
    let outfit = Outfit::choose(cli.config.as_deref(), &mode(false))?;
    let (findings, format) = match &args.subject {
        Some(Subject::Alexa(args)) => {
            let findings = alexa::examine(&outfit.site).await;
            if let Some(file) = &args.record {
                record(&outfit, file, Duration::from_secs(args.seconds)).await?;
            }
            (findings, args.format)
        }
        Some(Subject::Gpio(format)) => (of_pins(&outfit, true, false).await?, *format),
        Some(Subject::I2c(format)) => (of_pins(&outfit, false, true).await?, *format),
        None => {
            let mut findings = of_pins(&outfit, true, true).await?;
            if outfit.site.alexa.is_some() {
                findings.extend(alexa::examine(&outfit.site).await);
            }
            (findings, args.format)
        }
    };
    show(cli, &findings, format)?;
    Ok(Exit::from_ok(findings.iter().all(|finding| finding.ok)))
}

/// What the header's lines and buses say.
async fn of_pins(outfit: &Outfit, lines: bool, buses: bool) -> Result<Vec<Finding>, Trouble> {
    if outfit.closet().is_some() {
        eprintln!("watchpost: this board is simulated: nothing can be broken on it");
        return Ok(Vec::new());
    }
    let (site, hal) = (outfit.site.clone(), outfit.hal.clone());
    let board = Board::choose(&site.board, &DeviceTree::of_this_machine())
        .map_err(|error| Trouble::Refused(error.to_string()))?;
    let examined = tasks::spawn_blocking(move || {
        let mut findings = Vec::new();
        if lines {
            findings.extend(gpio::examine(&site, hal.lines()));
        }
        if buses {
            findings.extend(i2c::examine(&site, &board, &hal));
        }
        findings
    });
    examined.await.map_err(|panic| Trouble::Refused(format!("the examination failed: {panic}")))
}

async fn record(outfit: &Outfit, file: &Path, time: Duration) -> Result<(), Trouble> {
    let only = outfit.site.alexa.as_ref().map(|alexa| alexa.interfaces.clone());
    match alexa::capture::record(file, &only.unwrap_or_default(), time).await {
        Ok(datagrams) => {
            eprintln!("{datagrams} datagrams are in {}", file.display());
            Ok(())
        }
        Err(error) => {
            Err(Trouble::Refused(format!("{} cannot be written: {error}", file.display())))
        }
    }
}

fn show(cli: &Cli, findings: &[Finding], format: Format) -> Result<(), Trouble> {
    if format.json {
        return Ok(print_json(&findings, &mut stdout())?);
    }
    let palette = Palette::for_stdout(cli.color);
    for finding in findings {
        let mark = if finding.ok { "✔" } else { "✘" };
        let line = format!("{mark} {}", finding.what);
        writeln!(stdout(), "{}", palette.marks(&line))?;
        if let Some(advice) = &finding.advice {
            writeln!(stdout(), "    {advice}")?;
        }
    }
    Ok(())
}
