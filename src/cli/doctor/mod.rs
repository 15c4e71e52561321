//! `watchpost doctor`

mod alexa;
mod capture;
mod findings;
mod proc;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand};

use super::{Cli, Format, help_after, output::Exit};
use crate::config::{Site, find_site_file};

/// Find out why something does not work
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost doctor alexa",
    "watchpost doctor alexa --record searches.pcap --seconds 60",
))]
pub struct DoctorArgs {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
enum Subject {
    Alexa(AlexaArgs),
}

/// Everything between a voice and a switch: interfaces, multicast, ports, the devices themselves
#[derive(Args, Clone, Debug, PartialEq, Eq)]
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

/// Looks, and says what it found.
pub async fn run(cli: &Cli, args: &DoctorArgs) -> Exit {
    let Subject::Alexa(args) = &args.subject;
    let Some(file) = find_site_file(cli.config.as_deref()) else {
        eprintln!("watchpost: there is no site file, and without one there are no devices");
        return Exit::Failed;
    };
    let site = match Site::load(&file) {
        Ok((site, _)) => site,
        Err(_) => {
            eprintln!("watchpost: {} has mistakes; `watchpost check` shows them", file.display());
            return Exit::Failed;
        }
    };
    let findings = alexa::examine(&site).await;
    if args.format.json {
        println!("{}", findings.to_json());
    } else {
        print!("{findings}");
    }
    if let Some(file) = &args.record {
        let only = site.alexa.as_ref().map(|alexa| alexa.interfaces.clone()).unwrap_or_default();
        match capture::record(file, &only, Duration::from_secs(args.seconds)).await {
            Ok(datagrams) => eprintln!("{datagrams} datagrams are in {}", file.display()),
            Err(error) => {
                eprintln!("watchpost: {} cannot be written: {error}", file.display());
                return Exit::Failed;
            }
        }
    }
    if findings.are_fine() { Exit::Fine } else { Exit::Failed }
}
