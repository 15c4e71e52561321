//! Events: what a subscriber asks for, and what it is told. UPnP Device Architecture 1.0, section 4.

use std::{net::SocketAddrV4, time::Duration};

use super::{
    http::{Request, Status},
    xml::escaped,
};

/// A subscription that is not renewed ends after at most this time, and lives at least the shorter.
const LONGEST: u64 = 86_400;
const SHORTEST: u64 = 60;
const USUAL: u64 = 1_800;
const MOST_CALLBACKS: usize = 4;

/// A SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subscribe {
    New { callbacks: Vec<Callback>, lasts: Duration },
    Renew { sid: String, lasts: Duration },
}

/// Where events are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    pub address: SocketAddrV4,
    /// With its query.
    pub path: String,
}

/// Why there is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A new subscription and a renewal at once.
    Incompatible,
    /// An unknown SID, another NT, or no callback that could be used.
    Precondition,
    /// There are enough subscribers.
    Full,
}

impl Refused {
    pub fn status(self) -> Status {
        match self {
            Refused::Incompatible => Status(400, "Incompatible header fields"),
            Refused::Precondition => Status(412, "Precondition Failed"),
            Refused::Full => Status(503, "Service Unavailable"),
        }
    }
}

/// Reads a SUBSCRIBE.
///
/// # Errors
/// When the headers do not go together.
pub fn read_subscribe(request: &Request) -> Result<Subscribe, Refused> {
    let lasts = Duration::from_secs(seconds(request.header("TIMEOUT")));
    let (callback, nt) = (request.header("CALLBACK"), request.header("NT"));
    if let Some(sid) = request.header("SID") {
        if callback.is_some() || nt.is_some() {
            return Err(Refused::Incompatible);
        }
        return Ok(Subscribe::Renew { sid: sid.to_owned(), lasts });
    }
    if !nt.is_some_and(|nt| nt.eq_ignore_ascii_case("upnp:event")) {
        return Err(Refused::Precondition);
    }
    let callbacks: Vec<Callback> = callbacks(callback.unwrap_or_default()).collect();
    if callbacks.is_empty() {
        return Err(Refused::Precondition);
    }
    Ok(Subscribe::New { callbacks, lasts })
}

/// The SID of an UNSUBSCRIBE.
///
/// # Errors
/// When it has none, or headers of a SUBSCRIBE.
pub fn read_unsubscribe(request: &Request) -> Result<&str, Refused> {
    if request.header("CALLBACK").is_some() || request.header("NT").is_some() {
        return Err(Refused::Incompatible);
    }
    request.header("SID").ok_or(Refused::Precondition)
}

fn seconds(header: Option<&str>) -> u64 {
    let text = header.unwrap_or_default().to_ascii_lowercase();
    match text.strip_prefix("second-") {
        Some("infinite") => LONGEST,
        Some(number) => number.trim().parse().unwrap_or(USUAL).clamp(SHORTEST, LONGEST),
        None => USUAL,
    }
}

/// `<http://192.168.1.9:8989/sub><http://…>`. Only addresses: a name could point anywhere.
fn callbacks(header: &str) -> impl Iterator<Item = Callback> {
    let urls = header.split('<').skip(1).filter_map(|part| part.split_once('>'));
    urls.filter_map(|(url, _)| callback(url.trim())).take(MOST_CALLBACKS)
}

fn callback(url: &str) -> Option<Callback> {
    let scheme = url.get(..7)?;
    if !scheme.eq_ignore_ascii_case("http://") || !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let rest = &url[7..];
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let address = match host.contains(':') {
        true => host.parse().ok()?,
        false => SocketAddrV4::new(host.parse().ok()?, 80),
    };
    let path = if path.is_empty() { "/" } else { path };
    Some(Callback { address, path: path.to_owned() })
}

/// One event, as it is sent.
pub fn notify(to: &Callback, sid: &str, sequence: u32, variables: &[(&str, String)]) -> Vec<u8> {
    let properties: String = variables
        .iter()
        .map(|(name, value)| {
            format!("<e:property>\r\n<{name}>{}</{name}>\r\n</e:property>\r\n", escaped(value))
        })
        .collect();
    let body = format!(
        "<e:propertyset xmlns:e=\"urn:schemas-upnp-org:event-1-0\">\r\n{properties}</e:propertyset>\r\n"
    );
    format!(
        "NOTIFY {} HTTP/1.1\r\nHOST: {}\r\nCONTENT-TYPE: text/xml; charset=\"utf-8\"\r\n\
         CONTENT-LENGTH: {}\r\nNT: upnp:event\r\nNTS: upnp:propchange\r\nSID: {sid}\r\n\
         SEQ: {sequence}\r\nCONNECTION: close\r\n\r\n{body}",
        to.path,
        to.address,
        body.len()
    )
    .into_bytes()
}

/// The number of the next event: 0 is the first one's alone.
pub fn next_sequence(sequence: u32) -> u32 {
    sequence.checked_add(1).unwrap_or(1)
}

#[cfg(test)]
#[path = "tests/gena.rs"]
mod tests;
