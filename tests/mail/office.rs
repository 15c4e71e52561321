//! A real mail server, aiosmtpd, on a free port of the loopback address.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::patience::until;

/// Debian's own, which has the module of the package python3-aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";

pub struct Office {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Office {
    /// Demands STARTTLS, with a certificate of its own authority, and AUTH.
    pub fn guarded() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        make_certificate(folder.path());
        Self::open_in(folder, &[])
    }

    /// Takes what comes, in plain.
    pub fn open() -> Self {
        Self::open_in(tempfile::tempdir().expect("a temporary folder"), &["open"])
    }

    fn open_in(folder: TempDir, arguments: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/server.py");
        let mut child = Command::new(PYTHON)
            .arg(script)
            .arg(folder.path())
            .args(arguments)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut line = String::new();
        let output = child.stdout.take().expect("piped");
        BufReader::new(output).read_line(&mut line).expect("its first word");
        assert_eq!(line, "ready\n", "python3-aiosmtpd is missing: apt-get install it");
        Office { folder, port, child }
    }

    /// `[mail]`; `more` are further keys.
    pub fn section(&self, more: &str) -> String {
        format!(
            "[mail]\nurl = \"smtp://127.0.0.1:{}\"\nfrom = \"closet@example.org\"\n\
             to = [\"me@example.org\"]\n{more}\n",
            self.port
        )
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn behaves(&self, manners: &str) {
        let (half, whole) = (self.path("manners.half"), self.path("manners"));
        fs::write(&half, manners).and_then(|()| fs::rename(half, whole)).expect("written");
    }

    /// All mails that were taken.
    pub fn mails(&self) -> Vec<String> {
        let files = fs::read_dir(self.path("mails")).expect("a folder");
        files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("text")).collect()
    }

    /// How often each Message-ID came, and with what subject.
    pub fn by_id(&self) -> BTreeMap<String, Vec<String>> {
        let mut by_id = BTreeMap::<String, Vec<String>>::new();
        for mail in self.mails() {
            let subject = header(&mail, "Subject");
            by_id.entry(header(&mail, "Message-ID")).or_default().push(subject);
        }
        by_id
    }

    pub fn await_mails(&self, count: usize) -> Vec<String> {
        until(
            || Some(self.mails()).filter(|mails| mails.len() >= count),
            || format!("there are no {count} mails: {:#?}", self.mails()),
        )
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn header(mail: &str, name: &str) -> String {
    let line = mail.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {mail}")).to_owned()
}

pub fn make_certificate(folder: &Path) {
    let script = "set -e
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca
        openssl req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=localhost
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > ext
        openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
            -extfile ext -out cert.pem";
    let made =
        Command::new("sh").args(["-c", script]).current_dir(folder).stderr(Stdio::null()).status();
    assert!(made.expect("a shell").success(), "openssl is missing");
}
