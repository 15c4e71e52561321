//! `watchpost restore`

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use clap::Args;

use super::{
    Cli, help_after,
    output::{Exit, confirm},
    trouble::Trouble,
};
use crate::{
    agent::StartError,
    config::{Site, find_site_file},
    control::{Client, ClientError},
    store::{Enclosed, EnclosedKind, enclosed, restore as restore_state},
    tasks,
};

/// Bring back what `watchpost backup` wrote; the agent must not be running
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!("watchpost restore closet-2026-11-22.backup"))]
pub struct RestoreArgs {
    /// A file that `watchpost backup` wrote
    pub file: PathBuf,

    /// Do not ask before what is there is replaced
    #[arg(long)]
    pub yes: bool,
}

pub async fn restore(cli: &Cli, args: &RestoreArgs) -> Result<Exit, Trouble> {
    let files = enclosed(&args.file)?;
    let (sites, scripts): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| file.kind == EnclosedKind::Site);
    let site_file = sites.first();

    let Some(target) = find_site_file(cli.config.as_deref())
        .or_else(|| site_file.map(|site| PathBuf::from(&site.path)))
    else {
        let why = "there is no site file, here or in the backup: name one with --config FILE";
        return Err(Trouble::Refused(why.into()));
    };
    if let Some(file) = site_file
        && !bring_back(file, &target, args.yes)?
        && !target.exists()
    {
        return Err(Trouble::Refused("without a site file nothing was restored".into()));
    }
    let (site, _) = Site::load(&target).map_err(StartError::Site)?;
    match Client::connect(&site.socket).await {
        Err(ClientError::NotRunning(_)) => {}
        Err(error) => return Err(error.into()),
        Ok(_) => {
            let why = "the agent is running: stop it first, then restore";
            return Err(Trouble::Refused(why.into()));
        }
    }
    let state = site.state.display();
    let is_agreed = !site.state.exists()
        || confirm(&format!("Replace {state} by the state in the backup?"), args.yes)?;
    if is_agreed {
        let (from, to) = (args.file.clone(), site.state.clone());
        let restored = tasks::spawn_blocking(move || restore_state(&from, &to, true)).await;
        restored.map_err(|panic| Trouble::Refused(panic.to_string()))??;
        println!("restored {state}");
    }
    for script in &scripts {
        bring_back(script, &below(&site.scripts, &script.path)?, args.yes)?;
    }
    Ok(Exit::Fine)
}

/// Writes a file of the backup to its place where there is none, and beside it where there is
/// another; never over it. Returns whether it was written or was there already.
fn bring_back(file: &Enclosed, target: &Path, yes: bool) -> Result<bool, Trouble> {
    let place = match fs::read(target) {
        Ok(present) if present == file.content => return Ok(true),
        Ok(_) => target.with_added_extension("restored"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => target.to_owned(),
        Err(error) => return Err(about(target, &error)),
    };
    let question = if place == target {
        format!("Write {}?", place.display())
    } else {
        format!("{} is another: write the backup's as {}?", target.display(), place.display())
    };
    if !confirm(&question, yes)? {
        return Ok(false);
    }
    let written = place
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&place, &file.content));
    written.map_err(|error| about(&place, &error))?;
    println!("wrote {}", place.display());
    Ok(true)
}

/// A script's place; a backup that points out of the folder is not one of ours.
fn below(folder: &Path, path: &str) -> Result<PathBuf, Trouble> {
    let path = Path::new(path);
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        Ok(folder.join(path))
    } else {
        let why = format!("the backup holds a script outside of its folder: {}", path.display());
        Err(Trouble::Refused(why))
    }
}

fn about(path: &Path, error: &io::Error) -> Trouble {
    Trouble::Refused(format!("{}: {error}", path.display()))
}
