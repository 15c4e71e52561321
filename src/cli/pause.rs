//! `watchpost pause`

use clap::Args;

use super::{
    Cli, help_after,
    output::Exit,
    reach::{ask, reach},
    stand_alone,
    trouble::Trouble,
};
use crate::{control::Request, store::Paused};

/// Mute a watch until `watchpost resume`; a critical watch cannot be muted
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost pause power-check"))]
pub struct PauseArgs {
    /// The watch, as the script names it
    pub name: String,
}

pub async fn pause(cli: &Cli, args: &PauseArgs) -> Result<Exit, Trouble> {
    let name = &args.name;
    let reached = reach(cli).await?;
    match reached.agent {
        Some(agent) => {
            ask::<()>(agent, &Request::Pause { name: name.clone() }).await?;
            println!("{name} is paused; `watchpost resume {name}` wakes it");
        }
        None => {
            let (alone, script, watch) = stand_alone::watch_in_file(cli, name, &reached).await?;
            if watch.when.critical {
                let why = format!("{name} is critical, so that it cannot be paused");
                return Err(Trouble::Refused(why));
            }
            let since = alone.outfit.clock.now();
            let paused = Paused { reason: "by hand".into(), since };
            alone.store.pause_watch(&script, &watch.name, &paused).await?;
            alone.close(Vec::new()).await?;
            println!("{name} will be paused when the agent starts; none is running now");
        }
    }
    Ok(Exit::Fine)
}
