//! A message as a mail (RFC 5322): the same bytes for every attempt.

use std::{fmt::Write, time::SystemTime};

use lettre::{
    Message as Mail,
    message::{
        Mailbox, SinglePart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::{Letterhead, SendError, plain_text};
use crate::{config::MailSettings, plan::Channel, store::Letter};

/// Characters of a subject; what is longer is cut.
const SUBJECT: usize = 200;

/// Writes the mail. Who gets it: the message's own addresses, or those of the site file.
pub(super) fn compose(
    letter: &Letter,
    head: &Letterhead,
    settings: &MailSettings,
) -> Result<Mail, SendError> {
    let message = &letter.message;
    let mut mail = Mail::builder()
        .message_id(Some(message_id(&message.id, &head.site)))
        .date(SystemTime::from(letter.created))
        .from(mailbox(&settings.from, SendError::Later)?)
        .subject(one_line(&message.subject))
        .header(AutoSubmitted);
    let own = match &message.channel {
        Channel::Email { to } => to.as_slice(),
        Channel::Notify | Channel::Terminal => &[],
    };
    if own.is_empty() {
        for address in &settings.to {
            mail = mail.to(mailbox(address, SendError::Later)?);
        }
    } else {
        for address in own {
            mail = mail.to(mailbox(address, SendError::Never)?);
        }
    }
    let text = SinglePart::plain(plain_text(message, letter.created, head));
    mail.singlepart(text).map_err(|error| {
        SendError::Later(format!(
            "the mail has no address to go to, add one to `[mail] to`: {error}"
        ))
    })
}

/// What is wrong in a script will stay wrong in this message; the site file can be mended.
fn mailbox(address: &str, error: fn(String) -> SendError) -> Result<Mailbox, SendError> {
    if address.chars().any(char::is_control) {
        return Err(error(format!("{address:?} is no mail address")));
    }
    address.parse().map_err(|reason| error(format!("“{address}” is no mail address: {reason}")))
}

/// Always the same for one message, so that a mail that arrives twice is shown once.
fn message_id(id: &str, site: &str) -> String {
    format!("<{}@{}.watchpost>", atom(id), atom(site))
}

/// Letters, digits, `-` and `_`, with everything else written as `=` and its hexadecimal bytes.
fn atom(text: &str) -> String {
    let mut atom = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => atom.push(byte.into()),
            // Writing to a String cannot fail.
            _ => _ = write!(atom, "={byte:02X}"),
        }
    }
    atom
}

/// A header's text: line breaks in it would begin another header.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect()
}

/// Keeps out-of-office programs from answering (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mail::post_office::{head, letter, settings};

    fn written(letter: &Letter) -> String {
        let mail = compose(letter, &head(), &settings("smtp://localhost")).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    }

    fn headers(letter: &Letter) -> Vec<String> {
        let text = written(letter);
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        headers.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn every_attempt_is_the_same_mail() {
        let mut letter = letter("closet-heat/closet-heat/17:0");
        let first = written(&letter);
        assert!(
            first.contains("Message-ID: <closet-heat=2Fcloset-heat=2F17=3A0@closet.watchpost>\r\n")
        );
        assert!(first.contains("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"));
        letter.attempts = 3;
        assert_eq!(written(&letter), first);
    }

    #[test]
    fn a_bad_address_of_the_script_is_for_ever_one_of_the_site_is_not() {
        let mut own = letter("m1");
        own.message.channel = Channel::Email { to: vec!["me@example.org\r\nBcc: x@y.z".into()] };
        let mail = |letter: &Letter, settings| compose(letter, &head(), &settings).map(drop);
        assert!(matches!(mail(&own, settings("")), Err(SendError::Never(_))));
        let mut site = settings("");
        site.to = vec!["nobody".into()];
        assert!(matches!(mail(&letter("m1"), site.clone()), Err(SendError::Later(_))));
        site.to = Vec::new();
        assert!(matches!(mail(&letter("m1"), site), Err(SendError::Later(_))));
    }

    proptest! {
        #[test]
        fn no_text_becomes_a_header(subject in any::<String>(), id in any::<String>(), lines in "[a-zA-Z:\r\n ]{0,80}") {
            let mut letter = letter(&id);
            letter.message.subject = subject + "\r\nBcc: evil@example.org\n" + &lines;
            let names: Vec<_> = headers(&letter)
                .iter()
                .map(|line| line.split(':').next().unwrap_or_default().to_owned())
                .collect();
            prop_assert_eq!(
                names,
                ["Message-ID", "Date", "From", "Subject", "Auto-Submitted", "To", "MIME-Version",
                 "Content-Type", "Content-Transfer-Encoding"]
            );
        }
    }
}
