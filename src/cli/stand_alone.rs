//! What a verb that acts without an agent writes down, and how it ends.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Cli,
    output::{Palette, describe},
    reach::{Reached, mode},
    trouble::Trouble,
};
use crate::{
    agent::Alone,
    journal::{Entry, Event, Sink},
    script::Watch,
};

/// What happened, for the journal.
pub type Collected = Arc<Mutex<Vec<Entry>>>;

/// Sinks that keep every entry, and show what scripts say on standard error.
pub fn collect(cli: &Cli) -> (Collected, Vec<Sink>) {
    let palette = Palette::for_stderr(cli.color);
    let journal = Collected::default();
    let kept = journal.clone();
    let keep: Sink = Box::new(move |entry| {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
    });
    let show: Sink = Box::new(move |entry| {
        if matches!(entry.event, Event::Note { .. } | Event::Told { .. })
            && let Some((_, line)) = describe(entry, palette)
        {
            eprintln!("{line}");
        }
    });
    (journal, vec![keep, show])
}

/// Sends the messages on their way, and keeps the journal.
pub async fn end(alone: Alone, journal: &Collected) -> Result<(), Trouble> {
    let waiting = alone.deliver().await?;
    if waiting > 0 && !alone.outfit.is_dry_run() {
        eprintln!("watchpost: messages that could not be sent wait for the agent: {waiting}");
    }
    let entries = std::mem::take(&mut *journal.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(alone.close(entries).await?)
}

/// A watch by its name, with its script, to change what the state file says of it.
///
/// # Errors
/// When nothing is kept, the file is in use, or no watch is called so.
pub async fn watch_in_file(
    cli: &Cli,
    name: &str,
    reached: &Reached,
) -> Result<(Alone, String, Watch), Trouble> {
    if reached.is_forgetful {
        let why = "no agent is running here, and the simulated closet keeps nothing between runs";
        return Err(Trouble::Refused(why.into()));
    }
    let alone = Alone::acting(cli.config.as_deref(), mode(false), Vec::new())?;
    let (instance, watch) = alone.find(name).await?;
    let declared = instance.declarations.watches.iter().find(|each| each.name == watch).cloned();
    let declared = declared.ok_or_else(|| Trouble::Refused(format!("{name} is gone")))?;
    Ok((alone, instance.source.name.to_string(), declared))
}
