//! A small SMTP server on the loopback address that takes every mail.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use super::patience::until;

pub struct PostOffice {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
}

impl PostOffice {
    pub fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let mails = Arc::<Mutex<Vec<String>>>::default();
        let book = mails.clone();
        // It ends with the test's process.
        thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                let book = book.clone();
                thread::spawn(move || serve(visitor, &book));
            }
        });
        PostOffice { port, mails }
    }

    /// The `[mail]` section of a site whose mail comes here.
    pub fn section(&self) -> String {
        format!(
            "[mail]\nurl = \"smtp://127.0.0.1:{}\"\nfrom = \"closet@example.org\"\n\
             to = [\"me@example.org\"]\n",
            self.port
        )
    }

    /// Everything that was taken, headers and all.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().expect("no panic").clone()
    }

    pub fn with(&self, text: &str) -> Vec<String> {
        self.mails().into_iter().filter(|mail| mail.contains(text)).collect()
    }

    /// Waits for the first mail in which this stands.
    pub fn await_mail(&self, text: &str) -> String {
        until(
            || self.with(text).pop(),
            || format!("no mail says \"{text}\"; there are {:#?}", self.mails()),
        )
    }
}

fn serve(visitor: TcpStream, book: &Mutex<Vec<String>>) -> Option<()> {
    let mut output = visitor.try_clone().ok()?;
    let mut lines = BufReader::new(visitor).lines();
    output.write_all(b"220 office.test\r\n").ok()?;
    while let Some(Ok(line)) = lines.next() {
        let answer = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                output.write_all(b"354 go on\r\n").ok()?;
                let mut mail = String::new();
                loop {
                    match lines.next()?.ok()? {
                        end if end == "." => break,
                        text => mail += &(text + "\n"),
                    }
                }
                book.lock().ok()?.push(mail);
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        output.write_all(format!("{answer}\r\n").as_bytes()).ok()?;
    }
    None
}
