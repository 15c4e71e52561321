//! `watchpost hosts`

use std::io::{Write, stdout};

use chrono::{DateTime, TimeDelta};
use clap::{Args, Subcommand};

use super::{
    Cli, Format, enrolling, help_after,
    output::{Exit, Listing, Palette, ago, print_json},
    reach::{ask, ask_one, mode, reach},
    trouble::Trouble,
};
use crate::{
    agent::{
        Alone,
        hosts::{HostStatus, look},
        safe_mode,
    },
    control::{Client, Request},
};

/// Show the hosts and which of them are up
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost hosts --json",
    "watchpost hosts add plex       make friends with a new host",
))]
pub struct HostsArgs {
    #[command(subcommand)]
    pub command: Option<HostsCommand>,

    #[command(flatten)]
    pub format: Format,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum HostsCommand {
    /// Show a host's fingerprint, install a restricted key and a sudoers line, test them
    #[command(after_help = help_after!("watchpost hosts add plex"))]
    Add(AddArgs),
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AddArgs {
    /// A host of the site file
    pub name: String,

    /// Do not ask: the fingerprint that the host shows is believed
    #[arg(long)]
    pub yes: bool,
}

pub async fn hosts(cli: &Cli, args: &HostsArgs) -> Result<Exit, Trouble> {
    if let Some(HostsCommand::Add(args)) = &args.command {
        return enrolling::add(cli, args).await;
    }
    let reached = reach(cli).await?;
    let (hosts, status) = match reached.agent {
        Some(agent) => {
            let hosts = ask(agent, &Request::Hosts).await?;
            let agent = Client::connect(&reached.site.socket).await?;
            let status: Status = ask_one(agent, &Request::Status).await?;
            (hosts, status)
        }
        None => {
            let alone = Alone::looking(cli.config.as_deref(), mode(false))?;
            let executor = &alone.station().executor;
            executor.recall_hosts().await?;
            let undelivered = alone.store.dead().await?.len();
            (look(executor).await, Status { undelivered, dropped: 0, safe_mode: false })
        }
    };
    if args.format.json {
        print_json(&hosts, &mut stdout())?;
        return Ok(Exit::Fine);
    }
    let mut out = stdout();
    if hosts.is_empty() {
        eprintln!("watchpost: the site file has no [hosts.NAME]");
    } else {
        write!(out, "{}", Palette::for_stdout(cli.color).marks(&table(&hosts)))?;
    }
    let undelivered = status.undelivered;
    if undelivered > 0 {
        let messages = if undelivered == 1 { "message" } else { "messages" };
        writeln!(out, "\n✘ {undelivered} {messages} could not be delivered and were given up")?;
    }
    if status.dropped > 0 {
        let dropped = status.dropped;
        let messages = if dropped == 1 { "message was" } else { "messages were" };
        writeln!(out, "\n✘ {dropped} {messages} dropped that came over MQTT; the log says which")?;
    }
    if status.safe_mode {
        writeln!(out, "\n✘ {}", safe_mode::IN_SHORT)?;
    }
    Ok(Exit::Fine)
}

/// What is needed of [`Request::Status`].
#[derive(serde::Deserialize)]
struct Status {
    undelivered: usize,
    /// Since the agent began.
    #[serde(default)]
    dropped: u64,
    safe_mode: bool,
}

/// `3 h ago`.
fn since(seconds: i64) -> String {
    let now = DateTime::UNIX_EPOCH;
    ago(now - TimeDelta::try_seconds(seconds).unwrap_or_default(), now)
}

fn table(hosts: &[HostStatus]) -> String {
    let mut list =
        Listing::new(["host", "state", "since", "kind", "address", "on", "tags", "held", ""]);
    for host in hosts {
        let state = match host.up {
            Some(true) => "✔ up",
            Some(false) => "✘ down",
            None => "? unknown",
        };
        list.row([
            host.name.as_str().into(),
            state.into(),
            host.seconds.map(since).unwrap_or_default().into(),
            host.kind.as_str().into(),
            host.address.as_deref().unwrap_or_default().into(),
            host.on.as_deref().unwrap_or_default().into(),
            host.tags.join(", ").into(),
            host.held.as_deref().unwrap_or_default().into(),
            host.trouble.as_deref().unwrap_or_default().into(),
        ]);
    }
    list.render()
}
