//! Discovery: what an M-SEARCH asks for, and how a device answers. Bytes in, bytes out; UPnP
//! Device Architecture 1.0, section 1, as a Belkin socket speaks it.

use std::{net::Ipv4Addr, time::Duration};

use chrono::{DateTime, Utc};

use super::Kind;

/// Where searches are sent to.
pub const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
pub const PORT: u16 = 1900;
/// A searcher that says nothing sensible about how long it waits is taken to wait so long.
const USUAL_WAIT: Duration = Duration::from_secs(1);
/// UPnP's bound: whoever allows more is answered within this time.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The first Echos and the Dot 2.
    AnyBelkin,
    /// The Echo 2, Plus, Show and the Dot 3.
    RootDevice,
    /// Anything that speaks UPnP; a real socket keeps silent.
    All,
    /// pywemo, and Home Assistant with it.
    BasicEvent,
}

const TARGETS: [(&str, Target); 4] = [
    ("urn:Belkin:device:**", Target::AnyBelkin),
    ("upnp:rootdevice", Target::RootDevice),
    ("ssdp:all", Target::All),
    ("urn:Belkin:service:basicevent:1", Target::BasicEvent),
];

/// A search that concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    pub target: Target,
    /// The target in the searcher's own letters, which the answer repeats.
    pub asked: String,
    /// Answers come within this time.
    pub wait: Duration,
}

/// What a datagram on the group is, as far as anyone cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Search(Search),
    /// A search for what others are, kept for the doctor.
    ForOthers(String),
    /// An announcement, an answer, or nothing at all.
    Else,
}

/// Reads a datagram of the group. Nothing in it can do harm.
pub fn read(datagram: &[u8]) -> Heard {
    let text = String::from_utf8_lossy(datagram);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let mut first = lines.next().unwrap_or_default().split_ascii_whitespace();
    let is_search = first.next().is_some_and(|word| word.eq_ignore_ascii_case("M-SEARCH"))
        && first.next() == Some("*")
        && first.next().is_some_and(|version| version.starts_with("HTTP/"));
    if !is_search {
        return Heard::Else;
    }
    let (mut asked, mut discovers, mut wait) = (None, false, USUAL_WAIT);
    for line in lines.take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("ST") {
            asked = Some(value);
        } else if name.eq_ignore_ascii_case("MAN") {
            discovers = value.trim_matches('"').eq_ignore_ascii_case("ssdp:discover");
        } else if name.eq_ignore_ascii_case("MX") {
            wait = value.parse().map_or(USUAL_WAIT, Duration::from_secs).min(LONGEST_WAIT);
        }
    }
    let Some(asked) = asked.filter(|_| discovers) else { return Heard::Else };
    match TARGETS.iter().find(|(name, _)| name.eq_ignore_ascii_case(asked)) {
        Some(&(_, target)) => Heard::Search(Search { target, asked: asked.to_owned(), wait }),
        None => Heard::ForOthers(asked.chars().take(100).collect()),
    }
}

/// Where one device is found.
#[derive(Clone, Copy, Debug)]
pub struct Address {
    pub ip: Ipv4Addr,
    pub port: u16,
}

/// A device's answer to a search.
pub fn answer(asked: &str, udn: &str, at: Address, boot: &str, now: DateTime<Utc>) -> String {
    format!(
        "HTTP/1.1 200 OK\r\n\
         CACHE-CONTROL: max-age=86400\r\n\
         DATE: {date}\r\n\
         EXT:\r\n\
         LOCATION: http://{ip}:{port}/setup.xml\r\n\
         OPT: \"http://schemas.upnp.org/upnp/1/0/\"; ns=01\r\n\
         01-NLS: {boot}\r\n\
         SERVER: Unspecified, UPnP/1.0, Unspecified\r\n\
         X-User-Agent: redsonic\r\n\
         ST: {asked}\r\n\
         USN: {udn}::{asked}\r\n\r\n",
        date = super::http_date(now),
        ip = at.ip,
        port = at.port,
    )
}

/// What a device announces without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Alive,
    ByeBye,
}

/// The announcements of one device: as a root device, as itself, as its type, as its service.
pub fn notices(notice: Notice, kind: Kind, udn: &str, at: Address, boot: &str) -> Vec<String> {
    let subjects = ["upnp:rootdevice", "", kind.device_type(), "urn:Belkin:service:basicevent:1"];
    let announce = |subject: &str| {
        let (nt, usn) = match subject {
            "" => (udn.to_owned(), udn.to_owned()),
            subject => (subject.to_owned(), format!("{udn}::{subject}")),
        };
        let host = format!("NOTIFY * HTTP/1.1\r\nHOST: {GROUP}:{PORT}\r\n");
        match notice {
            Notice::Alive => format!(
                "{host}CACHE-CONTROL: max-age=86400\r\n\
                 LOCATION: http://{}:{}/setup.xml\r\n\
                 OPT: \"http://schemas.upnp.org/upnp/1/0/\"; ns=01\r\n\
                 01-NLS: {boot}\r\n\
                 NT: {nt}\r\n\
                 NTS: ssdp:alive\r\n\
                 SERVER: Unspecified, UPnP/1.0, Unspecified\r\n\
                 X-User-Agent: redsonic\r\n\
                 USN: {usn}\r\n\r\n",
                at.ip, at.port
            ),
            Notice::ByeBye => {
                format!("{host}NT: {nt}\r\nNTS: ssdp:byebye\r\nUSN: {usn}\r\n\r\n")
            }
        }
    };
    subjects.into_iter().map(announce).collect()
}

#[cfg(test)]
#[path = "tests/ssdp.rs"]
mod tests;
