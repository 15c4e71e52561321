//! Takes what waits in the outbox to people, oldest first, until it is taken or hopeless.
//!
//! A message counts as sent when its server has taken it. Between that and the note of it in the
//! store, a kill makes it go out twice, with the same Message-ID.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Carrier, Letterhead, Mailer, Notifier, Secrets, SendError, plain_text};
use crate::{
    clock::Clock,
    config::{MailSettings, Site},
    journal::{Entry, Event},
    plan::Channel,
    store::{LONGEST_PAUSE, Letter, LetterChannel, Store, StoreError},
};

/// Between two messages, so that a script gone wild does not get its owner banned.
const PACE: Duration = Duration::from_secs(1);
/// After the first failure; every further one doubles it, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(1);
const HOPELESS_AFTER: TimeDelta = TimeDelta::days(3);
/// No message is given up as too old before it was tried this often: it may be old only because
/// the board was off, or its clock wrong.
const HOPELESS_ATTEMPTS: u32 = 24;
/// How long one message may take in all.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(180);
/// After the store did not answer.
const STORE_PAUSE: Duration = Duration::from_secs(60);
const BATCH: u32 = 16;

/// The task that empties the outbox.
pub struct Courier {
    pub store: Store,
    pub clock: Clock,
    pub head: Letterhead,
    /// `None` without `[mail]`: its messages wait until there is one.
    pub email: Option<Box<dyn Carrier>>,
    /// `None` without `[notify]`.
    pub notify: Option<Box<dyn Carrier>>,
}

impl Courier {
    /// A courier who knows the ways that the site file names.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn of(
        site: &Site,
        store: Store,
        clock: Clock,
        secrets: Secrets,
    ) -> Result<Courier, SendError> {
        let head = Letterhead::of(site);
        let mailer = |mail: &MailSettings| -> Box<dyn Carrier> {
            Box::new(Mailer::new(mail.clone(), head.clone(), secrets.clone()))
        };
        let email = site.mail.as_ref().map(mailer);
        let notify: Option<Box<dyn Carrier>> = match &site.notify {
            Some(push) => Some(Box::new(Notifier::new(push.clone(), head.clone(), secrets)?)),
            None => None,
        };
        Ok(Courier { store, clock, head, email, notify })
    }

    /// Never ends by itself: drop or abort it. What is unsent then stays in the outbox.
    pub async fn run(self) {
        // A lane each, so that a mail server that hangs does not hold up the phone.
        tokio::join!(
            self.lane(LetterChannel::Email),
            self.lane(LetterChannel::Notify),
            self.lane(LetterChannel::Terminal),
        );
    }

    async fn lane(&self, channel: LetterChannel) {
        let mut posted = self.store.posted();
        loop {
            // Before looking, so that what is posted meanwhile is seen.
            posted.borrow_and_update();
            let next = match self.round(channel).await {
                Ok(next) => next,
                Err(error) => {
                    tracing::error!("the outbox cannot be worked on: {error}");
                    self.clock.sleep(STORE_PAUSE).await;
                    continue;
                }
            };
            let turn = async {
                match next {
                    Some(next) => self.clock.sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = posted.changed() => if changed.is_err() { return },
                () = turn => {}
                // A clock put back would otherwise lengthen the wait.
                () = self.clock.sleep(LONGEST_PAUSE.to_std().unwrap_or(STORE_PAUSE)) => {}
            }
        }
    }

    /// Tries everything that is due, and says when the next attempt is.
    async fn round(&self, channel: LetterChannel) -> Result<Option<DateTime<Utc>>, StoreError> {
        loop {
            let letters = self.store.due(channel, self.clock.now(), BATCH).await?;
            if letters.is_empty() {
                return self.store.next_due(channel).await;
            }
            for letter in letters {
                self.deliver(channel, &letter).await?;
                self.clock.sleep(PACE).await;
            }
        }
    }

    async fn deliver(&self, channel: LetterChannel, letter: &Letter) -> Result<(), StoreError> {
        let id = &letter.message.id;
        let carried = self.clock.timeout(HANDED_OVER_WITHIN, self.carry(channel, letter)).await;
        let error = match carried.unwrap_or_else(|late| Err(SendError::Later(late.to_string()))) {
            Ok(()) => return self.store.sent(id).await,
            Err(error) => error,
        };
        let now = self.clock.now();
        let attempts = letter.attempts + 1;
        let old = now - letter.created > HOPELESS_AFTER && attempts >= HOPELESS_ATTEMPTS;
        if old || matches!(error, SendError::Never(_)) {
            self.store.failed(id, &error.to_string(), None).await?;
            return self.give_up(letter, &error).await;
        }
        let subject = &letter.message.subject;
        tracing::warn!(attempts, "“{subject}” could not be sent and is tried again: {error}");
        self.store.failed(id, &error.to_string(), Some(now + pause(attempts))).await
    }

    async fn carry(&self, channel: LetterChannel, letter: &Letter) -> Result<(), SendError> {
        let (carrier, section) = match channel {
            LetterChannel::Email => (&self.email, "[mail]"),
            LetterChannel::Notify => (&self.notify, "[notify]"),
            LetterChannel::Terminal => {
                let text = plain_text(&letter.message, letter.created, &self.head);
                tracing::info!("{}\n{text}", letter.message.subject);
                return Ok(());
            }
        };
        if let Channel::Ask { until, .. } = &letter.message.channel
            && *until <= self.clock.now()
        {
            return Err(SendError::Never("its time to be answered is over".into()));
        }
        match carrier {
            Some(carrier) => carrier.carry(letter).await,
            None => Err(SendError::Later(format!("the site file has no {section}"))),
        }
    }

    async fn give_up(&self, letter: &Letter, error: &SendError) -> Result<(), StoreError> {
        let message = &letter.message;
        let text = format!("“{}” was not sent and is given up: {error}", message.subject);
        tracing::error!("{text}");
        let (script, watch) = message.origin.split_once('/').unwrap_or((&message.origin, ""));
        let entry = Entry {
            at: self.clock.now(),
            script: script.into(),
            watch: watch.into(),
            run: None,
            event: Event::Note { text },
        };
        self.store.append(&entry).await?;
        Ok(())
    }
}

/// How long to wait after this many failed attempts.
fn pause(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(10);
    LONGEST_PAUSE.min(FIRST_PAUSE * (1 << doublings))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::{
        mail::post_office::{Manners, PostOffice, head, message, settings},
        store::{JournalFilter, LetterState},
    };

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn email() -> Channel {
        Channel::Email { to: Vec::new() }
    }

    /// When which message was tried, in seconds since the start.
    type Tries = Arc<Mutex<Vec<(String, i64)>>>;

    struct Fake {
        clock: Clock,
        tries: Tries,
        answer: Result<(), SendError>,
    }

    #[async_trait]
    impl Carrier for Fake {
        async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
            let second = (self.clock.now() - start()).num_seconds();
            self.tries.lock().unwrap().push((letter.message.id.clone(), second));
            self.answer.clone()
        }
    }

    /// A courier whose every mail gets `answer`; it ends with the test's runtime.
    fn courier(answer: Result<(), SendError>) -> (Store, Clock, Tries) {
        let (store, clock) = (Store::memory().unwrap(), Clock::simulated(start(), 1.0));
        let tries = Tries::default();
        let email = Fake { clock: clock.clone(), tries: tries.clone(), answer };
        let courier = Courier {
            store: store.clone(),
            clock: clock.clone(),
            head: head(),
            email: Some(Box::new(email)),
            notify: None,
        };
        crate::tasks::spawn(courier.run());
        (store, clock, tries)
    }

    fn at(tries: &Tries) -> Vec<(String, i64)> {
        tries.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_posted_goes_at_once_and_one_a_second() {
        let (store, clock, tries) = courier(Ok(()));
        clock.sleep(Duration::from_secs(500)).await;
        for id in ["m1", "m2", "m1"] {
            store.post(&message(id, email()), clock.now()).await.unwrap();
        }
        clock.sleep(Duration::from_secs(5)).await;
        assert_eq!(at(&tries), [("m1".into(), 500), ("m2".into(), 501)]);
        assert_eq!(store.letters(LetterState::Sent).await.unwrap().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_server_is_asked_less_and_less_for_three_days() {
        let (store, clock, tries) = courier(Err(SendError::Later("busy".into())));
        store.post(&message("m1", email()), clock.now()).await.unwrap();
        clock.sleep(Duration::from_secs(86_400 * 3 - 60)).await;
        assert!(store.dead().await.unwrap().is_empty());
        clock.sleep(Duration::from_secs(86_400)).await;
        let dead = store.dead().await.unwrap();
        assert_eq!(dead[0].last_error.as_deref(), Some("busy"));
        let minutes: Vec<_> = at(&tries).iter().map(|(_, second)| second / 60).collect();
        assert_eq!(minutes[..9], [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hopeless_message_is_given_up_and_the_journal_says_so() {
        let (store, clock, tries) = courier(Err(SendError::Never("no such address".into())));
        store.post(&message("m1", email()), clock.now()).await.unwrap();
        clock.sleep(Duration::from_secs(86_400)).await;
        assert_eq!(at(&tries).len(), 1);
        assert_eq!(store.dead().await.unwrap().len(), 1);
        let (_, line) = store.recent(&JournalFilter::default()).await.unwrap().remove(0);
        assert_eq!(line.script, "closet-heat");
        assert!(matches!(line.event, Event::Note { text } if text.contains("no such address")));
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_message_of_a_board_that_was_off_gets_its_chances() {
        let (store, clock, _) = courier(Err(SendError::Later("no network yet".into())));
        store.post(&message("m1", email()), start() - TimeDelta::days(30)).await.unwrap();
        clock.sleep(Duration::from_secs(3_600)).await;
        assert!(store.dead().await.unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_ahead_does_not_put_a_message_off_for_years() {
        let (store, clock, tries) = courier(Err(SendError::Later("busy".into())));
        clock.jump(TimeDelta::days(4_000));
        store.post(&message("m1", email()), clock.now()).await.unwrap();
        clock.sleep(Duration::from_secs(10)).await;
        clock.jump(TimeDelta::days(-4_000));
        clock.sleep(Duration::from_secs(3_700)).await;
        assert!(at(&tries).len() > 1);
    }

    #[tokio::test]
    async fn a_mail_waits_until_the_server_takes_it() {
        let office = PostOffice::open(Manners::HangsUpAfterData).await;
        let store = Store::memory().unwrap();
        // A minute's pause takes a second.
        let clock = Clock::simulated(start(), 60.0);
        let mailer = Mailer::new(settings(&office.url()), head(), Arc::new(|_| Ok(String::new())));
        let courier = Courier {
            store: store.clone(),
            clock: clock.clone(),
            head: head(),
            email: Some(Box::new(mailer)),
            notify: None,
        };
        store.post(&message("m1", email()), clock.now()).await.unwrap();
        let watching = async {
            let waiting = || store.letters(LetterState::Waiting);
            while waiting().await.unwrap().iter().any(|letter| letter.attempts == 0) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(office.mails().is_empty());
            office.change(Manners::Polite);
            while !waiting().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::select! {
            () = courier.run() => unreachable!("a courier does not end"),
            () = watching => {}
        }
        assert_eq!(office.mails().len(), 1);
        assert_eq!(store.letters(LetterState::Sent).await.unwrap()[0].attempts, 1);
    }
}
