//! A message as a mail (RFC 5322): the same bytes for every attempt.

use std::{fmt::Write, time::SystemTime};

use lettre::{
    Message as Mail,
    message::{
        Attachment, Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue},
    },
};

use super::{
    Letterhead, SendError, drawing,
    html::{CURVE, html},
    plain_text,
    words::{is_output_cut, row_name},
};
use crate::{
    config::MailSettings,
    plan::{Channel, Message, Row},
    store::Letter,
};

/// Characters of a subject; what is longer is cut.
const SUBJECT: usize = 200;
/// Whole outputs that are attached, and bytes of each: the last ones, where the errors stand.
const ATTACHED: usize = 10;
const ATTACHED_BYTES: usize = 64 << 10;

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
        Channel::Notify | Channel::Ask { .. } | Channel::Terminal => &[],
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
    mail.multipart(content(letter, head)?).map_err(|error| {
        SendError::Later(format!(
            "the mail has no address to go to, add one to `[mail] to`: {error}"
        ))
    })
}

/// The text and the same as HTML with its curve; whole outputs that these two cut are attached.
fn content(letter: &Letter, head: &Letterhead) -> Result<MultiPart, SendError> {
    let (message, created) = (&letter.message, letter.created);
    let page = text_part(ContentType::TEXT_HTML, html(message, created, head));
    let text = text_part(ContentType::TEXT_PLAIN, plain_text(message, created, head));
    let both = MultiPart::alternative().boundary(boundary(message, "both")).singlepart(text);
    let both = match &message.curve {
        None => both.singlepart(page),
        Some(curve) => {
            let image = drawing::png(curve)
                .map_err(|error| SendError::Later(format!("the curve cannot be drawn: {error}")))?;
            let image = Attachment::new_inline_with_name(CURVE.into(), format!("{CURVE}.png"))
                .body(Body::new(image), png());
            let page = MultiPart::related().boundary(boundary(message, "page")).singlepart(page);
            both.multipart(page.singlepart(image))
        }
    };
    let outputs: Vec<SinglePart> = message
        .report
        .failed()
        .filter(|row| is_output_cut(row))
        .take(ATTACHED)
        .map(output)
        .collect();
    if outputs.is_empty() {
        return Ok(both);
    }
    let whole = MultiPart::mixed().boundary(boundary(message, "whole")).multipart(both);
    Ok(outputs.into_iter().fold(whole, MultiPart::singlepart))
}

/// Always quoted-printable, in which no line can look like a boundary.
fn text_part(kind: ContentType, text: String) -> SinglePart {
    SinglePart::builder().header(kind).header(ContentTransferEncoding::QuotedPrintable).body(text)
}

/// What a command said, as a file to look at.
fn output(row: &Row) -> SinglePart {
    let said = row.output.as_str();
    let from = said.ceil_char_boundary(said.len().saturating_sub(ATTACHED_BYTES));
    let name = format!("{}-{}.txt", atom(row_name(row)), atom(&row.verb));
    let said = Body::new_with_encoding(said[from..].to_owned(), ContentTransferEncoding::Base64);
    let said = said.unwrap_or_else(Body::new);
    Attachment::new(name).body(said, ContentType::TEXT_PLAIN)
}

fn png() -> ContentType {
    // A fixed text that is right.
    ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN)
}

/// The same for every attempt, and long enough to be no one's accident; `=_` occurs in neither
/// encoding.
fn boundary(message: &Message, part: &str) -> String {
    // FNV-1a, 64 bits: an id may be longer than a boundary.
    let hash = message.id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("=_{part}_{hash:016x}")
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
    use crate::mail::post_office::{curve, head, letter, settings};

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
    fn a_mail_has_a_text_a_page_with_its_curve_and_the_outputs_that_they_cut() {
        let mut letter = letter("m1");
        letter.message.curve = Some(curve());
        let said = |output: String| Row {
            host: Some("foo".into()),
            verb: "shell".into(),
            output,
            ..Row::default()
        };
        letter.message.report.rows =
            vec![said("short".into()), said("--=_both_\n".repeat(50) + &"ü".repeat(70_000))];
        let text = written(&letter);
        assert_eq!(text, written(&letter), "every attempt is the same");
        let kinds: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("Content-Type: "))
            .map(|kind| kind.split(';').next().unwrap_or_default())
            .collect();
        let expected = [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "text/plain",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(text.matches("filename=\"foo-shell.txt\"").count(), 1);
        assert!(!text.lines().any(|line| line == "--=_both_"));
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
                 "Content-Type"]
            );
        }
    }
}
