//! `watchpost resume`

use clap::Args;

use super::{
    Cli, help_after,
    output::Exit,
    reach::{ask, reach},
    stand_alone,
    trouble::Trouble,
};
use crate::control::Request;

/// Wake a watch that was paused, by you or by its own errors
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost resume power-check"))]
pub struct ResumeArgs {
    /// The watch, as the script names it
    pub name: String,
}

pub async fn resume(cli: &Cli, args: &ResumeArgs) -> Result<Exit, Trouble> {
    let name = &args.name;
    let reached = reach(cli).await?;
    match reached.agent {
        Some(agent) => {
            ask::<()>(agent, &Request::Resume { name: name.clone() }).await?;
            println!("{name} runs again");
        }
        None => {
            let (alone, script, watch) = stand_alone::watch_in_file(cli, name, &reached).await?;
            alone.store.resume_watch(&script, &watch.name).await?;
            alone.close(Vec::new()).await?;
            println!("{name} will run when the agent starts; none is running now");
        }
    }
    Ok(Exit::Fine)
}
