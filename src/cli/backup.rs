//! `watchpost backup`

use std::path::PathBuf;

use clap::Args;

use super::{
    Cli, help_after,
    output::Exit,
    reach::{ask, reach},
    trouble::Trouble,
};
use crate::{agent::enclosures, control::Request, store::Store};

/// Write everything that matters into one file, while the agent runs or not
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost backup closet-2026-11-22.backup"))]
pub struct BackupArgs {
    /// A file that does not exist yet
    pub file: PathBuf,
}

pub async fn backup(cli: &Cli, args: &BackupArgs) -> Result<Exit, Trouble> {
    let path = std::path::absolute(&args.file)?;
    if path.exists() {
        let why = format!("{} exists already: name a new file", path.display());
        return Err(Trouble::Refused(why));
    }
    let reached = reach(cli).await?;
    match reached.agent {
        Some(agent) => drop(ask::<()>(agent, &Request::Backup { path: path.clone() }).await?),
        None if reached.site.state.exists() => {
            let files = enclosures(&reached.site).map_err(|e| Trouble::Refused(e.to_string()))?;
            let store = Store::open(&reached.site.state, &reached.site.history)?;
            store.backup(&path, files).await?;
            store.close().await?;
        }
        None => {
            let why = format!("there is no state yet: no {}", reached.site.state.display());
            return Err(Trouble::Refused(why));
        }
    }
    println!("wrote {}: the state, the site file and the scripts, without secrets", path.display());
    Ok(Exit::Fine)
}
