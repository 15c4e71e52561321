//! `watchpost fire`

use std::io::{Write, stdout};

use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, fired_as_json, fired_as_text, fired_in_a_word, print_json},
    reach::{ask_one, mode, reach},
    stand_alone,
    trouble::Trouble,
};
use crate::{agent::Alone, control::Request, script::actor::Fired};

/// Run one watch now, whatever it waits for
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost fire closet-heat --dry-run",
))]
pub struct FireArgs {
    /// The watch, as the script names it
    pub name: String,

    /// Ask real hosts, but only write down what would be done
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub format: Format,
}

pub async fn fire(cli: &Cli, args: &FireArgs) -> Result<Exit, Trouble> {
    let FireArgs { name, dry_run, format } = args;
    let reached = reach(cli).await?;
    let fired = match reached.agent {
        Some(agent) => {
            let request = Request::Fire { name: name.clone(), dry_run: *dry_run };
            ask_one(agent, &request).await?
        }
        None => alone(cli, name, *dry_run).await?,
    };
    if format.json {
        let mut json = fired_as_json(&fired);
        json["dry_run"] = (*dry_run).into();
        print_json(&json, &mut stdout())?;
    } else {
        let palette = Palette::for_stdout(cli.color);
        let mut out = stdout();
        write!(out, "{}", fired_as_text(&fired, palette))?;
        writeln!(out, "{}: {}", palette.strong(name), fired_in_a_word(&fired, palette))?;
        if *dry_run {
            writeln!(out, "{}", palette.odd("dry run: nothing was done"))?;
        }
    }
    Ok(Exit::from_ok(fired.is_ok()))
}

/// Without an agent, the watch runs right here.
async fn alone(cli: &Cli, name: &str, dry_run: bool) -> Result<Fired, Trouble> {
    let (journal, sinks) = stand_alone::collect(cli);
    let mut alone = Alone::acting(cli.config.as_deref(), mode(dry_run), sinks)?;
    alone.read_sensors().await;
    alone.ask_prices().await;
    let fired = alone.fire(name).await;
    stand_alone::end(alone, &journal).await?;
    Ok(fired?)
}
