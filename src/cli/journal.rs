//! `watchpost journal`

use std::{
    io::{Write, stdout},
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use clap::{Args, Subcommand};

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, describe, print_json, who},
    reach::{Reached, ask, reach},
    trouble::Trouble,
};
use crate::{
    clock::{Zone, parse_duration},
    control::Request,
    journal::{Entry, Event},
    store::{JournalFilter, Store},
};

/// Show what ran, why, and with what result
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(args_conflicts_with_subcommands = true, after_help = help_after!(
    "watchpost journal closet-heat --since 2h",
    "watchpost journal --since 2026-11-20 --limit 1000 --json",
    "watchpost journal ack closet-heat   say that you know",
))]
pub struct JournalArgs {
    #[command(subcommand)]
    pub command: Option<JournalCommand>,

    /// Only this script, watch or sensor
    pub name: Option<String>,

    /// Only since then: a duration back from now (2h), a local date or time, or RFC 3339
    #[arg(long, value_name = "WHEN")]
    pub since: Option<Since>,

    /// At most the latest N entries
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,

    #[command(flatten)]
    pub format: Format,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum JournalCommand {
    /// Say that you know of what a watch has told: it is told neither again nor elsewhere
    #[command(after_help = help_after!("watchpost journal ack closet-heat"))]
    Ack {
        /// A watch, or a script
        name: String,
    },
}

/// A moment of the past, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    Ago(Duration),
    /// By the clock of the site's time zone.
    Local(NaiveDateTime),
    At(DateTime<Utc>),
}

impl Since {
    /// The moment that is meant.
    ///
    /// Of a local time that the clock shows twice it is the first, and for one that the clock skips
    /// it is the same time of the day before: rather too many entries than too few.
    pub fn moment(self, now: DateTime<Utc>, timezone: Zone) -> DateTime<Utc> {
        let moment = match self {
            Since::At(moment) => moment,
            Since::Ago(duration) => TimeDelta::from_std(duration)
                .ok()
                .and_then(|back| now.checked_sub_signed(back))
                .unwrap_or(DateTime::UNIX_EPOCH),
            Since::Local(local) => timezone
                .from_local_datetime(&local)
                .earliest()
                .or_else(|| timezone.from_local_datetime(&(local - TimeDelta::days(1))).earliest())
                .map_or(DateTime::UNIX_EPOCH, |moment| moment.with_timezone(&Utc)),
        };
        moment.max(DateTime::UNIX_EPOCH)
    }
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(duration) = parse_duration(text) {
            return Ok(Since::Ago(duration));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Since::Local(date.and_time(NaiveTime::MIN)));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Since::At(moment.with_timezone(&Utc)));
        }
        ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .map(Since::Local)
            .ok_or_else(|| "try 2h, 2026-11-20, \"2026-11-20 22:30\" or RFC 3339".to_owned())
    }
}

pub async fn journal(cli: &Cli, args: &JournalArgs) -> Result<Exit, Trouble> {
    if let Some(JournalCommand::Ack { name }) = &args.command {
        return acknowledge(cli, name).await;
    }
    let reached = reach(cli).await?;
    let timezone = reached.site.timezone;
    // A simulated closet's clock is its own, so that only the agent could tell.
    let since = args.since.map(|since| since.moment(Utc::now(), timezone));
    let entries = entries(reached, args, since).await?;
    if args.format.json {
        print_json(&entries, &mut stdout())?;
        return Ok(Exit::Fine);
    }
    let palette = Palette::for_stdout(cli.color);
    let mut out = stdout();
    for entry in &entries {
        write!(out, "{}", lines(entry, timezone, palette))?;
    }
    if entries.is_empty() {
        eprintln!("watchpost: the journal has no such entries");
    }
    Ok(Exit::Fine)
}

async fn acknowledge(cli: &Cli, name: &str) -> Result<Exit, Trouble> {
    let Some(agent) = reach(cli).await?.agent else {
        return Err(Trouble::Refused(
            "no agent is running here, so that nothing is repeated".into(),
        ));
    };
    let known: Vec<String> = ask(agent, &Request::Acknowledge { name: name.to_owned() }).await?;
    for subject in &known {
        println!("✔ {subject}");
    }
    if known.is_empty() {
        eprintln!("watchpost: nothing that {name} has told is open");
    }
    Ok(Exit::Fine)
}

/// From the agent, else from the state file.
async fn entries(
    reached: Reached,
    args: &JournalArgs,
    since: Option<DateTime<Utc>>,
) -> Result<Vec<Entry>, Trouble> {
    let name = args.name.clone();
    if let Some(agent) = reached.agent {
        let request = Request::Journal { name, limit: args.limit as usize, since };
        return ask(agent, &request).await;
    }
    let state = &reached.site.state;
    if reached.is_forgetful || !state.exists() {
        let why = "no agent is running here, and none has left a journal";
        return Err(Trouble::Refused(why.into()));
    }
    let filter = JournalFilter { name, since, limit: Some(args.limit) };
    let numbered = Store::open_read_only(state)?.recent(&filter).await?;
    Ok(numbered.into_iter().map(|(_, entry)| entry).collect())
}

/// An entry with its local time; below the end of a run, what its handler saw and what failed.
fn lines(entry: &Entry, timezone: Zone, palette: Palette) -> String {
    let mut text = match describe(entry, palette) {
        Some((_, text)) => text,
        None if matches!(&entry.event, Event::Ended { saw, .. } if !saw.is_empty()) => {
            format!("{}done", who(entry, palette))
        }
        None => return String::new(),
    };
    if let Event::Ended { report, saw, .. } = &entry.event {
        for (sensor, value) in saw {
            text.push_str(&format!("\nsaw {sensor} {value}"));
        }
        for row in report.iter().flat_map(|report| report.failed()) {
            text.push_str(&format!("\n{}", palette.marks(&row.pretty(0))));
        }
    }
    let at = entry.at.with_timezone(&timezone).format("%Y-%m-%d %H:%M:%S").to_string();
    let indent = format!("\n{:width$}", "", width = at.len() + 2);
    format!("{}  {}\n", palette.faint(at), text.trim_end().replace('\n', &indent))
}

#[cfg(test)]
mod tests {
    use crate::clock::berlin;

    use super::*;

    fn moment(text: &str) -> String {
        let now = "2026-11-22T12:00:00Z".parse().expect("a moment");
        text.parse::<Since>().expect("understood").moment(now, berlin()).to_rfc3339()
    }

    #[test]
    fn the_past_is_said_in_many_ways() {
        assert_eq!(moment("2h30m"), "2026-11-22T09:30:00+00:00");
        assert_eq!(moment("2026-11-20"), "2026-11-19T23:00:00+00:00");
        assert_eq!(moment("2026-07-01 22:30"), "2026-07-01T20:30:00+00:00");
        assert_eq!(moment("2026-11-20T22:30:00-05:00"), "2026-11-21T03:30:00+00:00");
    }

    #[test]
    fn clock_changes_and_endless_pasts_lose_no_entries() {
        assert_eq!(moment("2026-10-25 02:30"), "2026-10-25T00:30:00+00:00");
        assert_eq!(moment("2026-03-29 02:30"), "2026-03-28T01:30:00+00:00");
        assert_eq!(moment("9999999w"), "1970-01-01T00:00:00+00:00");
    }

    #[test]
    fn nonsense_is_refused_with_examples() {
        let error = "last tuesday".parse::<Since>().expect_err("not understood");
        assert!(error.contains("2026-11-20"), "{error}");
    }
}
