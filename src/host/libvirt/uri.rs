//! Remote URIs, as libvirt documents them (<https://libvirt.org/uri.html>):
//! `driver[+transport]://[user@][host][:port]/path[?parameters]`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::suggest::did_you_mean_or_all;

/// Where a libvirt daemon is and how to get there. Two equal ones can share a connection.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LibvirtUri {
    text: String,
    /// `qemu`, `test`, `xen`…
    pub driver: String,
    pub transport: Transport,
    pub user: Option<String>,
    /// `None` only where nothing needs one: on this board.
    pub host: Option<String>,
    pub port: Option<u16>,
    /// With its slash: `/system`.
    path: String,
    /// What the daemon is to open, instead of the URI without its transport.
    name: Option<String>,
    pub socket: Option<PathBuf>,
    pub keyfile: Option<PathBuf>,
    pub known_hosts: Option<PathBuf>,
    /// The folder of `cacert.pem`, `clientcert.pem` and `clientkey.pem`.
    pub pkipath: Option<PathBuf>,
    pub netcat: Option<String>,
    pub proxy: Proxy,
    pub mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    Unix,
    Ssh,
    Tls,
    Tcp,
}

/// What carries the bytes from the SSH server to the daemon's socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Proxy {
    #[default]
    Auto,
    /// `virt-ssh-helper`.
    Native,
    Netcat,
}

/// Which daemon is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    #[default]
    Auto,
    /// The driver's own: `virtqemud`.
    Direct,
    /// `libvirtd`.
    Legacy,
}

/// Why a text is no URI that can be used, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UriError {
    pub message: String,
    pub help: String,
}

fn wrong(message: impl Into<String>, help: impl Into<String>) -> UriError {
    UriError { message: message.into(), help: help.into() }
}

const EXAMPLE: &str = "for example: \"qemu+ssh://ops@big-iron/system\", \"qemu:///system\"";

const PARAMETERS: [&str; 8] =
    ["socket", "keyfile", "known_hosts", "pkipath", "netcat", "proxy", "mode", "name"];

impl FromStr for LibvirtUri {
    type Err = UriError;

    fn from_str(text: &str) -> Result<Self, UriError> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong(format!("`{text}` is not a libvirt URI"), EXAMPLE))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let (driver, transport) = match scheme.split_once('+') {
            Some((driver, transport)) => (driver, Some(transport)),
            None => (scheme, None),
        };
        let is_driver = !driver.is_empty()
            && driver.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit());
        if !is_driver {
            return Err(wrong(format!("`{driver}` is not the name of a libvirt driver"), EXAMPLE));
        }
        let (user, host, port) = read_authority(authority)?;
        let transport = match (transport, &host) {
            (Some(word), _) => read_transport(word)?,
            (None, Some(_)) => Transport::Tls,
            (None, None) => Transport::Unix,
        };
        if path.len() < 2 {
            let message = format!("`{text}` does not say what to open on the other side");
            return Err(wrong(message, "add the path: \"…/system\", or \"…/session\""));
        }
        let mut uri = LibvirtUri {
            text: text.to_owned(),
            driver: driver.to_owned(),
            transport,
            user,
            host,
            port,
            path: path.to_owned(),
            name: None,
            socket: None,
            keyfile: None,
            known_hosts: None,
            pkipath: None,
            netcat: None,
            proxy: Proxy::Auto,
            mode: Mode::Auto,
        };
        for pair in query.split(['&', ';']).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            uri.set(key, unescape(value)?)?;
        }
        uri.check()?;
        Ok(uri)
    }
}

impl LibvirtUri {
    fn set(&mut self, key: &str, value: String) -> Result<(), UriError> {
        let path = || -> Result<Option<PathBuf>, UriError> {
            if value.starts_with('/') || value.starts_with("~/") {
                return Ok(Some(PathBuf::from(&value)));
            }
            let message = format!("`{key}={value}` in a libvirt URI is not an absolute path");
            Err(wrong(message, "begin it with `/` or `~/`"))
        };
        let choice = |words: &[&str]| {
            let message = format!("`{key}={value}` is nothing that a libvirt URI can say");
            wrong(message, format!("`{key}` is one of {}", words.join(", ")))
        };
        let insecure = || {
            let message =
                format!("`{key}` in a libvirt URI: keys and names are always checked here");
            let help = "leave it out; `watchpost hosts add NAME` makes an SSH server known, and \
                        `pkipath` names the authority of a TLS server";
            wrong(message, help)
        };
        match key {
            "socket" => self.socket = path()?,
            "keyfile" => self.keyfile = path()?,
            "known_hosts" => self.known_hosts = path()?,
            "pkipath" => self.pkipath = path()?,
            "netcat" => self.netcat = Some(value),
            "name" => self.name = Some(value),
            "proxy" => {
                self.proxy = match value.as_str() {
                    "auto" => Proxy::Auto,
                    "native" => Proxy::Native,
                    "netcat" => Proxy::Netcat,
                    _ => return Err(choice(&["auto", "native", "netcat"])),
                };
            }
            "mode" => {
                self.mode = match value.as_str() {
                    "auto" => Mode::Auto,
                    "direct" => Mode::Direct,
                    "legacy" => Mode::Legacy,
                    _ => return Err(choice(&["auto", "direct", "legacy"])),
                };
            }
            // Nobody is asked for a password anyhow.
            "no_tty" => {}
            "no_verify" if value == "0" => {}
            "known_hosts_verify" if value == "normal" => {}
            "no_verify" | "known_hosts_verify" => return Err(insecure()),
            "command" | "sshauth" | "tls_priority" => {
                let message = format!("`{key}` in a libvirt URI has no meaning here");
                let help = "leave it out: SSH and TLS are spoken without another program, and \
                            `keyfile` names the key";
                return Err(wrong(message, help));
            }
            _ => {
                let message = format!("`{key}` is not a parameter of a libvirt URI");
                let help = did_you_mean_or_all(key, &PARAMETERS).unwrap_or_default();
                return Err(wrong(message, help));
            }
        }
        Ok(())
    }

    /// Parameters that another transport would need, and hosts where none can be.
    fn check(&self) -> Result<(), UriError> {
        let is_ssh = self.transport == Transport::Ssh;
        let misplaced = [
            ("keyfile", self.keyfile.is_some() && !is_ssh),
            ("known_hosts", self.known_hosts.is_some() && !is_ssh),
            ("netcat", self.netcat.is_some() && !is_ssh),
            ("proxy", self.proxy != Proxy::Auto && !is_ssh),
            ("pkipath", self.pkipath.is_some() && self.transport != Transport::Tls),
            ("socket", self.socket.is_some() && !is_ssh && self.transport != Transport::Unix),
        ];
        if let Some((key, _)) = misplaced.iter().find(|(_, misplaced)| *misplaced) {
            let message = format!("`{key}` has no meaning for {}", self.transport);
            return Err(wrong(message, "leave it out, or use another transport"));
        }
        match (self.transport, &self.host) {
            (Transport::Unix, Some(host)) => Err(wrong(
                format!("a Unix socket is on this board, not on `{host}`"),
                format!("write {}:///…, or {}+ssh://{host}/…", self.driver, self.driver),
            )),
            (Transport::Ssh | Transport::Tls | Transport::Tcp, None) => Err(wrong(
                format!("`{}` names no host", self.text),
                format!("for example: {}+ssh://big-iron{}", self.driver, self.path),
            )),
            _ => Ok(()),
        }
    }

    /// What the daemon itself is to open: the URI without transport, host and parameters.
    pub fn driver_uri(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}://{}", self.driver, self.path))
    }

    /// The daemon's sockets in the order in which they are tried. `runtime` is the runtime folder
    /// of the user whose session is meant: `/run/user/1000`.
    pub fn sockets(&self, runtime: Option<&Path>) -> Vec<PathBuf> {
        if let Some(socket) = &self.socket {
            return vec![socket.clone()];
        }
        // /var/run leads to /run wherever that exists, and not the other way round.
        let folder = match runtime.filter(|_| self.is_session()) {
            Some(runtime) => runtime.join("libvirt"),
            None => PathBuf::from("/var/run/libvirt"),
        };
        let direct = folder.join(format!("virt{}d-sock", self.driver));
        let legacy = folder.join("libvirt-sock");
        match self.mode {
            Mode::Auto => vec![direct, legacy],
            Mode::Direct => vec![direct],
            Mode::Legacy => vec![legacy],
        }
    }

    pub fn is_session(&self) -> bool {
        self.path == "/session"
    }
}

fn read_transport(word: &str) -> Result<Transport, UriError> {
    match word {
        "unix" => Ok(Transport::Unix),
        "ssh" | "libssh" | "libssh2" => Ok(Transport::Ssh),
        "tls" => Ok(Transport::Tls),
        "tcp" => Ok(Transport::Tcp),
        other => {
            let help = did_you_mean_or_all(other, &["unix", "ssh", "tls", "tcp"]);
            let message = format!("libvirt's transport `{other}` is not spoken here");
            Err(wrong(message, help.unwrap_or_default()))
        }
    }
}

type Authority = (Option<String>, Option<String>, Option<u16>);

fn read_authority(text: &str) -> Result<Authority, UriError> {
    let (user, place) = match text.rsplit_once('@') {
        Some((user, place)) => (Some(unescape(user)?), place),
        None => (None, text),
    };
    if user.as_ref().is_some_and(|user| user.is_empty() || user.contains(':')) {
        let help = "a password never stands in a URI; log in with a key";
        return Err(wrong("before the `@` of a libvirt URI stands a user's name, no more", help));
    }
    let (host, port) = match place.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']').ok_or_else(|| {
            wrong(format!("`{place}` has no closing bracket"), "write [fe80::1]:22")
        })?,
        None => place.find(':').map_or((place, ""), |colon| place.split_at(colon)),
    };
    let is_host = host.chars().all(|each| each.is_ascii_alphanumeric() || "-_.:%".contains(each));
    if !is_host || host.starts_with('-') {
        return Err(wrong(format!("`{host}` is neither a host's name nor an address"), EXAMPLE));
    }
    let port =
        match port.strip_prefix(':') {
            Some(port) => Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                wrong(format!("`{port}` is not a port"), "ports go from 1 to 65535")
            })?),
            None if port.is_empty() => None,
            None => return Err(wrong(format!("`{place}` is not a host with its port"), EXAMPLE)),
        };
    Ok((user, (!host.is_empty()).then(|| host.to_owned()), port))
}

/// Replaces `%2F` and the like.
fn unescape(text: &str) -> Result<String, UriError> {
    let bad = || {
        let help = "a `%` itself is written %25";
        wrong(format!("`{text}` is not escaped as a URI asks for"), help)
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.first_chunk::<2>().ok_or_else(bad)?;
            let digits = str::from_utf8(digits).map_err(|_| bad())?;
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

impl fmt::Display for LibvirtUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for LibvirtUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Transport::Unix => "a Unix socket",
            Transport::Ssh => "SSH",
            Transport::Tls => "TLS",
            Transport::Tcp => "TCP",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn uri(text: &str) -> LibvirtUri {
        text.parse().unwrap_or_else(|error: UriError| panic!("{text}: {error}"))
    }

    #[test]
    fn the_examples_of_the_documentation_are_read() {
        let ssh = uri("qemu+ssh://ops@big-iron:2222/system?keyfile=/root/.ssh/example%20key");
        assert_eq!(ssh.transport, Transport::Ssh);
        assert_eq!(ssh.user.as_deref(), Some("ops"));
        assert_eq!((ssh.host.as_deref(), ssh.port), (Some("big-iron"), Some(2222)));
        assert_eq!(ssh.keyfile.as_deref(), Some(Path::new("/root/.ssh/example key")));
        assert_eq!(ssh.driver_uri(), "qemu:///system");

        let tls = uri("xen://towada/system");
        assert_eq!((tls.transport, tls.driver.as_str()), (Transport::Tls, "xen"));
        let unix = uri("qemu+unix:///system?socket=/opt/libvirt/run/libvirt/libvirt-sock");
        assert_eq!(unix.sockets(None), [Path::new("/opt/libvirt/run/libvirt/libvirt-sock")]);
        let tcp = uri("test+tcp://localhost:5000/default");
        assert_eq!((tcp.transport, tcp.port), (Transport::Tcp, Some(5000)));
        assert_eq!(tcp.driver_uri(), "test:///default");
        assert_eq!(uri("qemu+libssh2://user@host/system").transport, Transport::Ssh);
        assert_eq!(uri("qemu+ssh://h/x?name=qemu:///system").driver_uri(), "qemu:///system");
        let six = uri("qemu+tls://[2001:db8::1]:16514/system?pkipath=/tmp/pki/client");
        assert_eq!((six.host.as_deref(), six.port), (Some("2001:db8::1"), Some(16514)));
    }

    #[test]
    fn a_session_has_its_sockets_with_its_user() {
        let runtime = Path::new("/run/user/1000");
        let session = uri("qemu:///session").sockets(Some(runtime));
        assert_eq!(session[0], Path::new("/run/user/1000/libvirt/virtqemud-sock"));
        let system = uri("qemu:///system?mode=legacy").sockets(Some(runtime));
        assert_eq!(system, [Path::new("/var/run/libvirt/libvirt-sock")]);
    }

    #[test]
    fn what_cannot_be_used_says_what_to_do() {
        let told: Vec<String> = [
            "big-iron",
            "qemu+ssh://big-iron",
            "qemu+ssh:///system",
            "qemu+unix://big-iron/system",
            "qemu+ext:///system?command=/bin/true",
            "qemu+shh://big-iron/system",
            "qemu+ssh://ops:geheim@big-iron/system",
            "qemu+ssh://-oProxyCommand=x/system",
            "qemu+ssh://big-iron:0/system",
            "qemu+ssh://big-iron/system?no_verify=1",
            "qemu+ssh://big-iron/system?known_hosts_verify=ignore",
            "qemu+ssh://big-iron/system?sshauth=agent",
            "qemu+ssh://big-iron/system?socet=/x",
            "qemu+ssh://big-iron/system?socket=x",
            "qemu+ssh://big-iron/system?keyfile=%2",
            "qemu+tcp://big-iron/system?keyfile=/x",
            "qemu+ssh://big-iron/system?mode=fast",
        ]
        .iter()
        .map(|text| {
            let error = text.parse::<LibvirtUri>().expect_err(text);
            format!("{text}\n  {}\n  {}", error.message, error.help)
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r"\PC{0,40}") {
            let _ = text.parse::<LibvirtUri>();
        }

        #[test]
        fn no_authority_makes_it_panic(rest in r"[a-z0-9@:\[\]/?=&%.+-]{0,40}") {
            let _ = format!("qemu+ssh://{rest}").parse::<LibvirtUri>();
        }
    }
}
