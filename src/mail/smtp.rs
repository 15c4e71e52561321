//! Mail over SMTP (RFC 5321): encrypted, or not further than this machine.

use std::{net::IpAddr, path::Path, time::Duration};

use async_trait::async_trait;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    address::Envelope,
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use reqwest::Url;

use super::{Carrier, Letterhead, Secrets, SendError, letter, root_cause};
use crate::{config::MailSettings, store::Letter};

/// For one connection attempt. What a server takes to answer is bounded by what the courier gives
/// for the whole: some look at a mail for a minute before they take it.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Hands mails to the server of `[mail]`.
pub struct Mailer {
    settings: MailSettings,
    head: Letterhead,
    secrets: Secrets,
}

impl Mailer {
    /// Nothing is connected, and no password read, before the first mail.
    pub fn new(settings: MailSettings, head: Letterhead, secrets: Secrets) -> Mailer {
        Mailer { settings, head, secrets }
    }

    fn transport(&self, line: &Line) -> Result<Transport, SendError> {
        let MailSettings { user, password, .. } = &self.settings;
        let mut transport = Transport::builder_dangerous(&line.host)
            .port(line.port)
            .tls(line.tls(self.settings.ca.as_deref())?)
            .timeout(Some(CONNECT_WITHIN));
        if let Some(user) = user {
            if line.security == Security::Plain {
                return Err(SendError::Later(format!(
                    "{line} is not encrypted, and a password is never sent over such a line; use \
                     smtps:// in `[mail] url`, or leave `user` out"
                )));
            }
            let secret = password.as_ref().ok_or_else(|| {
                SendError::Later("`[mail] user` needs `password = { secret = \"…\" }`".into())
            })?;
            let password = (self.secrets)(secret).map_err(SendError::Later)?;
            transport = transport.credentials(Credentials::new(user.clone(), password));
        }
        Ok(transport.build())
    }
}

#[async_trait]
impl Carrier for Mailer {
    /// One mail to all. When the server refuses it for good, each address gets its own, so that
    /// one that is gone does not keep the alert from the others. It is enough then that one takes
    /// it: trying again would send it to that one over and over.
    async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
        let mail = letter::compose(letter, &self.head, &self.settings)?;
        let line = Line::parse(&self.settings.url, self.settings.ca.is_some())?;
        let transport = self.transport(&line)?;
        let (envelope, text) = (mail.envelope(), mail.formatted());
        let refused = match transport.send_raw(envelope, &text).await {
            Ok(_) => return Ok(()),
            Err(error) => failure(&line, &error),
        };
        if matches!(refused, SendError::Later(_)) || envelope.to().len() < 2 {
            return Err(refused);
        }
        let mut outcome = Err(refused);
        for address in envelope.to() {
            match transport.send_raw(&alone(envelope, address)?, &text).await {
                Ok(_) => outcome = Ok(()),
                Err(error) => {
                    let error = failure(&line, &error);
                    tracing::warn!("no mail to {address}: {error}");
                    if outcome.is_err() && matches!(error, SendError::Later(_)) {
                        outcome = Err(error);
                    }
                }
            }
        }
        outcome
    }
}

fn alone(envelope: &Envelope, address: &Address) -> Result<Envelope, SendError> {
    Envelope::new(envelope.from().cloned(), vec![address.clone()])
        .map_err(|error| SendError::Never(format!("no mail to {address}: {error}")))
}

fn failure(line: &Line, error: &smtp::Error) -> SendError {
    // The server's own words stand in the error itself; everything else is best told by its cause.
    let text = match error.status() {
        Some(_) => format!("{line}: {error}"),
        None => format!("{line}: {}", root_cause(error)),
    };
    match error.status().map(u16::from) {
        // The user or the password is not accepted, which the owner can mend.
        Some(530 | 534 | 535 | 538) => {
            SendError::Later(text + "; check `[mail] user` and its password")
        }
        Some(500..) => SendError::Never(text),
        _ => SendError::Later(text),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// TLS before the first word (RFC 8314).
    Tls,
    /// The connection becomes TLS, or ends (RFC 3207).
    StartTls,
    Plain,
}

/// Where the mail goes, and how well the way is guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    host: String,
    port: u16,
    security: Security,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mail server {}:{}", self.host, self.port)
    }
}

impl Line {
    /// Whoever names an authority wants TLS, on this machine too.
    fn parse(url: &str, has_authority: bool) -> Result<Line, SendError> {
        let wrong = |why: &str| {
            SendError::Later(format!(
                "`[mail] url` {why}; write smtps://mail.example.org or smtp://mail.example.org:587"
            ))
        };
        let parsed = Url::parse(url).map_err(|error| wrong(&format!("is no address ({error})")))?;
        let host = parsed.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| wrong("names no server"))?;
        let host = bare(host).to_owned();
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("holds a user, who belongs into `user` and `password`"));
        }
        let (security, port) = match parsed.scheme() {
            "smtps" => (Security::Tls, 465),
            "smtp" if is_loopback(&host) && !has_authority => (Security::Plain, 25),
            "smtp" => (Security::StartTls, 587),
            _ => return Err(wrong("is neither smtps:// nor smtp://")),
        };
        Ok(Line { port: parsed.port().unwrap_or(port), host, security })
    }

    fn tls(&self, authority: Option<&Path>) -> Result<Tls, SendError> {
        let parameters = || {
            let mut parameters = TlsParameters::builder(self.host.clone());
            if let Some(path) = authority {
                let unusable = |error: &dyn std::fmt::Display| {
                    SendError::Later(format!(
                        "`[mail] ca` {} cannot be used: {error}",
                        path.display()
                    ))
                };
                // Read anew for every connection, so that a renewed one needs no restart.
                let text = std::fs::read(path).map_err(|error| unusable(&error))?;
                let certificate = Certificate::from_pem(&text).map_err(|error| unusable(&error))?;
                parameters = parameters.add_root_certificate(certificate);
            }
            parameters
                .build()
                .map_err(|error| SendError::Later(format!("{self}: TLS cannot be set up: {error}")))
        };
        Ok(match self.security {
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::StartTls => Tls::Required(parameters()?),
            Security::Plain => Tls::None,
        })
    }
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Whether what is sent there stays on this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Secret,
        mail::post_office::{Manners, PostOffice, head, letter, settings},
        plan::Channel,
    };

    fn mailer(settings: MailSettings) -> Mailer {
        Mailer::new(settings, head(), std::sync::Arc::new(|_| Ok("pass".into())))
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_plain() {
        let line = |url| Line::parse(url, false).map(|line| (line.host, line.port, line.security));
        let is = |host: &str, port, security| Ok((host.to_owned(), port, security));
        assert_eq!(line("smtps://mail.example.org"), is("mail.example.org", 465, Security::Tls));
        assert_eq!(
            line("smtp://mail.example.org"),
            is("mail.example.org", 587, Security::StartTls)
        );
        assert_eq!(line("smtp://192.168.1.2:25"), is("192.168.1.2", 25, Security::StartTls));
        assert_eq!(line("smtp://127.0.0.1:2525"), is("127.0.0.1", 2525, Security::Plain));
        assert_eq!(line("smtp://[::1]"), is("::1", 25, Security::Plain));
        assert_eq!(line("smtps://localhost"), is("localhost", 465, Security::Tls));
        for wrong in ["mail.example.org", "http://mail.example.org", "smtps://", "smtps://me:pw@x"]
        {
            assert!(matches!(line(wrong), Err(SendError::Later(_))), "{wrong}");
        }
        let guarded = Line::parse("smtp://127.0.0.1:2525", true).map(|line| line.security);
        assert_eq!(guarded, Ok(Security::StartTls));
    }

    #[tokio::test]
    async fn a_mail_arrives() {
        let office = PostOffice::open(Manners::Polite).await;
        mailer(settings(&office.url())).carry(&letter("m1")).await.unwrap();
        let mails = office.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("Message-ID: <m1@closet.watchpost>"));
        assert!(mails[0].contains("Subject: closet too hot"));
    }

    #[tokio::test]
    async fn no_password_goes_over_a_plain_line() {
        let office = PostOffice::open(Manners::Polite).await;
        let settings = MailSettings {
            user: Some("pi".into()),
            password: Some(Secret { name: "mail".into() }),
            ..settings(&office.url())
        };
        let error = mailer(settings).carry(&letter("m1")).await.unwrap_err();
        assert!(error.to_string().contains("never sent over such a line"), "{error}");
        assert!(office.heard().is_empty());
    }

    #[tokio::test]
    async fn without_starttls_nothing_is_said() {
        let office = PostOffice::open(Manners::Polite).await;
        let line =
            Line { security: Security::StartTls, ..Line::parse(&office.url(), false).unwrap() };
        let transport = mailer(settings(&office.url())).transport(&line).unwrap();
        let mail = letter::compose(&letter("m1"), &head(), &settings("")).unwrap();
        assert!(transport.send(mail).await.is_err());
        assert!(!office.heard().iter().any(|word| word.starts_with("MAIL")));
    }

    #[tokio::test]
    async fn what_can_be_tried_again_is_told_from_what_cannot() {
        for (manners, for_ever) in
            [(Manners::Busy, false), (Manners::Refusing, true), (Manners::HangsUpAfterData, false)]
        {
            let office = PostOffice::open(manners.clone()).await;
            let error = mailer(settings(&office.url())).carry(&letter("m1")).await.unwrap_err();
            assert_eq!(matches!(error, SendError::Never(_)), for_ever, "{manners:?}: {error}");
        }
    }

    #[tokio::test]
    async fn one_address_that_is_gone_does_not_keep_the_mail_from_the_others() {
        let office = PostOffice::open(Manners::Knows("me@example.org")).await;
        let mut letter = letter("m1");
        letter.message.channel =
            Channel::Email { to: vec!["gone@example.org".into(), "me@example.org".into()] };
        mailer(settings(&office.url())).carry(&letter).await.unwrap();
        assert_eq!(office.mails().len(), 1);
    }

    /// A server whose certificate nobody vouches for; tells whether somebody talked to it.
    fn stranger() -> (u16, std::thread::JoinHandle<bool>) {
        use openssl::{
            asn1::Asn1Time,
            hash::MessageDigest,
            pkey::PKey,
            rsa::Rsa,
            ssl::{SslAcceptor, SslMethod},
            x509::X509,
        };
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut certificate = X509::builder().unwrap();
        certificate.set_pubkey(&key).unwrap();
        certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        certificate.set_not_after(&Asn1Time::days_from_now(9).unwrap()).unwrap();
        certificate.sign(&key, MessageDigest::sha256()).unwrap();
        let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
        acceptor.set_private_key(&key).unwrap();
        acceptor.set_certificate(&certificate.build()).unwrap();
        let acceptor = acceptor.build();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = move || acceptor.accept(listener.accept().unwrap().0).is_ok();
        (port, std::thread::spawn(server))
    }

    #[tokio::test]
    async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
        let (port, talked) = stranger();
        let url = format!("smtps://127.0.0.1:{port}");
        let error = mailer(settings(&url)).carry(&letter("m1")).await.unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
        assert!(!talked.join().unwrap());
    }
}
