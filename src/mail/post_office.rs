//! A small SMTP server on the loopback address, for tests; and the letters that they send.

use std::sync::{Arc, Mutex};

use chrono::DateTime;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::Letterhead;
use crate::{
    config::MailSettings,
    plan::{Channel, Curve, Message, Report},
    store::Letter,
    tasks,
};

/// How the server treats those who come.
#[derive(Clone, Debug)]
pub enum Manners {
    Polite,
    /// 451 to every sender.
    Busy,
    /// 550 to every sender.
    Refusing,
    HangsUpAfterData,
    /// 550 to every address but this.
    Knows(&'static str),
}

#[derive(Default)]
struct Book {
    heard: Vec<String>,
    mails: Vec<String>,
}

pub struct PostOffice {
    port: u16,
    manners: Arc<Mutex<Manners>>,
    book: Arc<Mutex<Book>>,
}

impl PostOffice {
    pub async fn open(manners: Manners) -> PostOffice {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let office = PostOffice {
            port: listener.local_addr().unwrap().port(),
            manners: Arc::new(Mutex::new(manners)),
            book: Arc::default(),
        };
        let (manners, book) = (office.manners.clone(), office.book.clone());
        tasks::spawn(async move {
            while let Ok((visitor, _)) = listener.accept().await {
                let manners = manners.lock().unwrap().clone();
                tasks::spawn(serve(visitor, manners, book.clone()));
            }
        });
        office
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn change(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    /// The mails that were accepted.
    pub fn mails(&self) -> Vec<String> {
        self.book.lock().unwrap().mails.clone()
    }

    /// Every command line.
    pub fn heard(&self) -> Vec<String> {
        self.book.lock().unwrap().heard.clone()
    }
}

async fn serve(visitor: TcpStream, manners: Manners, book: Arc<Mutex<Book>>) -> Option<()> {
    let (input, mut output) = visitor.into_split();
    let mut lines = BufReader::new(input).lines();
    output.write_all(b"220 office.test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        book.lock().unwrap().heard.push(line.clone());
        let answer = match (line.get(..4).unwrap_or_default(), &manners) {
            ("EHLO", _) => "250-office.test\r\n250 8BITMIME",
            ("MAIL", Manners::Busy) => "451 come again",
            ("MAIL", Manners::Refusing) => "550 we do not know you",
            ("RCPT", Manners::Knows(address)) if !line.contains(address) => "550 nobody here",
            ("DATA", _) => {
                output.write_all(b"354 go on\r\n").await.ok()?;
                let mut mail = String::new();
                loop {
                    match lines.next_line().await.ok()?? {
                        end if end == "." => break,
                        text => mail += &(text + "\n"),
                    }
                }
                if matches!(manners, Manners::HangsUpAfterData) {
                    return None;
                }
                book.lock().unwrap().mails.push(mail);
                "250 taken"
            }
            ("QUIT", _) => "221 bye",
            _ => "250 ok",
        };
        output.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
    None
}

pub fn head() -> Letterhead {
    Letterhead { site: "closet".into(), timezone: crate::clock::berlin() }
}

pub fn settings(url: &str) -> MailSettings {
    MailSettings {
        url: url.into(),
        ca: None,
        user: None,
        password: None,
        from: "closet@example.org".into(),
        to: vec!["me@example.org".into()],
    }
}

pub fn message(id: &str, channel: Channel) -> Message {
    Message {
        id: id.into(),
        channel,
        subject: "closet too hot".into(),
        body: None,
        report: Report::default(),
        origin: "closet-heat/closet-heat".into(),
        cause: "closet/temperature 71.3 °C, above 70 °C".into(),
        curve: None,
    }
}

/// An hour in which it got hot.
pub fn curve() -> Curve {
    let at = |minute: i64| DateTime::from_timestamp(1_800_000_000 - 60 * minute, 0).unwrap();
    let points = [(at(60), 55.125), (at(30), 58.0), (at(0), 71.3)];
    Curve::of("closet/temperature", "°C", &points).unwrap()
}

pub fn letter(id: &str) -> Letter {
    let created = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    Letter {
        message: message(id, Channel::Email { to: Vec::new() }),
        created,
        attempts: 0,
        next_try: created,
        last_error: None,
    }
}
