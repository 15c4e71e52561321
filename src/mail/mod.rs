//! Messages to people: from the outbox, by mail or to a phone.
//!
//! [`letter`], [`words`], [`html`] and [`drawing`] say what a message looks like and touch nothing;
//! [`smtp`] and [`notify`] hand one message over; the [`courier`] decides when, and how often.

mod answers;
mod courier;
mod drawing;
mod html;
mod letter;
mod notify;
#[cfg(test)]
mod post_office;
mod smtp;
mod words;

use std::{error::Error, sync::Arc};

use async_trait::async_trait;

pub use answers::AnswerReader;
pub use courier::Courier;
pub use notify::Notifier;
pub use smtp::Mailer;
pub use words::{plain_text, report_lines};

use crate::{
    clock::Zone,
    config::{Secret, Site},
    store::Letter,
};

/// Looks a secret up, each time it is needed; the error says where it was looked for.
pub type Secrets = Arc<dyn Fn(&Secret) -> Result<String, String> + Send + Sync>;

/// What every message of a site has in common.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// The site's name.
    pub site: String,
    /// In which people read times.
    pub timezone: Zone,
}

impl Letterhead {
    pub fn of(site: &Site) -> Letterhead {
        Letterhead { site: site.name.clone(), timezone: site.timezone }
    }
}

/// Why a message was not handed over. The text is one line for the owner.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Trying again can help: no connection, a busy server, settings that the owner can mend.
    #[error("{0}")]
    Later(String),
    /// This message will never be taken.
    #[error("{0}")]
    Never(String),
}

/// A way for messages to leave the house.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Hands one message over. `Ok` means that somebody else is responsible for it now.
    async fn carry(&self, letter: &Letter) -> Result<(), SendError>;
}

/// The innermost error, which names the thing that failed; those around it only say "connection".
fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause
}
