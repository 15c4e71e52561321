//! Finds the running agent of the site, and asks it.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{Cli, run::CLOSET_SPEED, trouble::Trouble};
use crate::{
    agent::{Mode, Outfit, StartError},
    config::Site,
    control::{Client, ClientError, Frame, Request},
};

/// The site that is meant, and its agent if one runs.
pub struct Reached {
    pub site: Arc<Site>,
    pub agent: Option<Client>,
    /// Whether the site keeps nothing on disk: the closet without a site file.
    pub is_forgetful: bool,
}

/// # Errors
/// A broken site file, a board without one, or an agent that is not ours to ask.
pub async fn reach(cli: &Cli) -> Result<Reached, Trouble> {
    let (outfit, otherwise) = match Outfit::choose(cli.config.as_deref(), &mode(false)) {
        Ok(outfit) => (outfit, None),
        // On a board without a site file, somebody may have asked for the simulation.
        Err(error @ StartError::BoardWithoutSite { .. }) => {
            let simulated = Mode { simulated: true, ..mode(false) };
            (Outfit::choose(None, &simulated)?, Some(error))
        }
        Err(error) => return Err(error.into()),
    };
    let agent = match Client::connect(&outfit.site.socket).await {
        Ok(client) => Some(client),
        Err(ClientError::NotRunning(_)) => match otherwise {
            Some(error) => return Err(error.into()),
            None => None,
        },
        Err(error) => return Err(error.into()),
    };
    Ok(Reached { is_forgetful: outfit.is_forgetful(), site: outfit.site, agent })
}

/// How a verb without an agent stands in the world.
pub fn mode(dry_run: bool) -> Mode {
    Mode { dry_run, simulated: false, speed: CLOSET_SPEED, scenario: None }
}

/// Asks, and waits for the whole answer; what goes on meanwhile is shown on standard error.
///
/// # Errors
/// The agent's refusal, in its own words; a connection that breaks off.
pub async fn ask<T: DeserializeOwned>(agent: Client, request: &Request) -> Result<Vec<T>, Trouble> {
    let mut frames = agent.ask(request).await?;
    let mut values = Vec::new();
    let mut refusal = None;
    while let Some(frame) = frames.next().await? {
        match frame {
            Frame::Progress(text) => eprintln!("{text}"),
            Frame::Value(value) => {
                values.push(serde_json::from_value(value).map_err(ClientError::Malformed)?);
            }
            Frame::Error { message } => refusal = Some(message),
            // What failed stands in the values themselves.
            Frame::End { .. } => {}
        }
    }
    match refusal {
        Some(why) => Err(Trouble::Refused(why)),
        None => Ok(values),
    }
}

/// [`ask`] for what has exactly one answer.
///
/// # Errors
/// Like [`ask`], and when there is none.
pub async fn ask_one<T: DeserializeOwned>(agent: Client, request: &Request) -> Result<T, Trouble> {
    let answer = ask(agent, request).await?;
    let first = answer.into_iter().next();
    first.ok_or_else(|| Trouble::Refused("the agent gave no answer".into()))
}
