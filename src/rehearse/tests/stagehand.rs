//! What the words of a test work on: the play that runs now, and what of it has been looked at.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rhai::{EvalAltResult, NativeCallContext};

use super::{
    deed::{Deed, is_effect},
    play::{Ask, Play, Props},
};
use crate::{
    journal::{Entry, Event},
    rehearse::RehearseError,
    script::{diagnostics::vocabulary_error, engine::StoredFunction},
};

pub type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// One test file, while it runs.
pub struct Stagehand {
    props: Props,
    scene: Mutex<Scene>,
}

/// One test of it.
#[derive(Default)]
struct Scene {
    play: Option<Play>,
    /// Expectations look at the entries from here on.
    since: usize,
    /// Something was expected, so that the next `advance` begins a new time.
    looked: bool,
    /// Script errors that the test expected, by their place among the entries.
    pardoned: Vec<usize>,
    declared: Vec<(String, StoredFunction)>,
}

impl Stagehand {
    pub fn new(props: Props) -> Self {
        Stagehand { props, scene: Mutex::default() }
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A named test of the file, to be run later.
    pub fn declare(&self, name: String, function: StoredFunction) {
        self.scene().declared.push((name, function));
    }

    /// The tests that the file declared.
    pub fn take_declared(&self) -> Vec<(String, StoredFunction)> {
        std::mem::take(&mut self.scene().declared)
    }

    /// Ends the play, if there is one; returns all that happened, and the place of the first
    /// script error that nobody expected.
    pub fn finish(&self) -> Option<(Vec<Entry>, Option<usize>)> {
        let scene = std::mem::take(&mut *self.scene());
        let entries = scene.play.as_ref()?.seen.entries().clone();
        let failed = entries.iter().enumerate().find(|(index, entry)| {
            matches!(entry.event, Event::Failed { .. }) && !scene.pardoned.contains(index)
        });
        let failed = failed.map(|(index, _)| index);
        Some((entries, failed))
    }

    /// Asks the play, which begins with the first thing that is asked of it.
    pub fn ask(&self, ctx: &NativeCallContext, ask: Ask) -> Fallible<()> {
        let mut scene = self.scene();
        if scene.play.is_none() {
            let play = Play::begin(&self.props);
            scene.play =
                Some(play.map_err(|error: RehearseError| fail(ctx, error.to_string(), None))?);
        }
        let passes = matches!(ask, Ask::Advance(_) | Ask::Until(_) | Ask::Restart(_));
        if passes && std::mem::take(&mut scene.looked) {
            scene.since = scene.play.as_ref().map_or(0, |play| play.seen.entries().len());
        }
        let answer = scene.play.as_ref().map_or(Ok(()), |play| play.ask(ask));
        answer.map_err(|message| fail(ctx, message, None))
    }

    /// Fails unless the deed was done (or, with `wanted` false, unless it was not).
    pub fn expect(&self, ctx: &NativeCallContext, deed: &Deed, wanted: bool) -> Fallible<()> {
        self.look(ctx, |entries, since, _| {
            let missing = deed.missing(entries, since);
            if wanted && !missing.is_empty() {
                let but = if missing.len() < deed.names.len() {
                    format!(" (missing: {})", missing.join(", "))
                } else {
                    String::new()
                };
                Err(format!("expected {deed}, which did not happen{but}"))
            } else if !wanted && missing.len() < deed.names.len() {
                Err(format!("{deed} happened, and was not expected"))
            } else {
                Ok(())
            }
        })
    }

    /// Fails unless there was a message on the channel with these words.
    pub fn expect_told(&self, ctx: &NativeCallContext, wanted: &str, words: &str) -> Fallible<()> {
        self.look(ctx, |entries, since, _| {
            let mut others = Vec::new();
            for entry in &entries[since..] {
                let Event::Told { channel, subject, text } = &entry.event else { continue };
                if channel == wanted {
                    if subject.contains(words) || text.contains(words) {
                        return Ok(());
                    }
                    others.push(format!("\"{subject}\""));
                }
            }
            let instead = match others.len() {
                0 => "there was none".to_owned(),
                _ => format!("there was {}", others.join(", ")),
            };
            Err(format!("expected a message by {wanted} with \"{words}\": {instead}"))
        })
    }

    /// Fails unless the agent or a script's `print` said these words.
    pub fn expect_note(&self, ctx: &NativeCallContext, words: &str) -> Fallible<()> {
        self.look(ctx, |entries, since, _| {
            let said = entries[since..]
                .iter()
                .any(|entry| matches!(&entry.event, Event::Note { text } if text.contains(words)));
            if said { Ok(()) } else { Err(format!("nobody said \"{words}\"")) }
        })
    }

    /// Fails unless the script failed with these words; those errors are expected from now on.
    pub fn expect_error(&self, ctx: &NativeCallContext, words: &str) -> Fallible<()> {
        self.look(ctx, |entries, since, pardoned| {
            let before = pardoned.len();
            for (index, entry) in entries.iter().enumerate().skip(since) {
                if matches!(&entry.event, Event::Failed { message } if message.contains(words)) {
                    pardoned.push(index);
                }
            }
            if pardoned.len() > before {
                Ok(())
            } else {
                Err(format!("expected the script to fail with \"{words}\", and it did not"))
            }
        })
    }

    /// Fails when a host was changed, something failed, or somebody was told something.
    pub fn expect_nothing(&self, ctx: &NativeCallContext) -> Fallible<()> {
        self.look(ctx, |entries, since, _| {
            match entries[since..].iter().filter(|entry| is_effect(entry)).count() {
                0 => Ok(()),
                1 => Err("expected nothing, and something happened".into()),
                count => Err(format!("expected nothing, and {count} things happened")),
            }
        })
    }

    fn look(
        &self,
        ctx: &NativeCallContext,
        judge: impl FnOnce(&[Entry], usize, &mut Vec<usize>) -> Result<(), String>,
    ) -> Fallible<()> {
        let mut scene = self.scene();
        let scene = &mut *scene;
        let Some(play) = &scene.play else {
            let help = "say `given(\"closet/temperature\", 71.0)` and `advance(\"1h\")` before";
            return Err(fail(ctx, "no time has passed yet".into(), Some(help)));
        };
        scene.looked = true;
        judge(&play.seen.entries(), scene.since, &mut scene.pardoned)
            .map_err(|message| fail(ctx, message, None))
    }
}

/// A test's failure at the place of the call.
pub fn fail(ctx: &NativeCallContext, message: String, help: Option<&str>) -> Box<EvalAltResult> {
    vocabulary_error(message, help, ctx.call_position())
}
