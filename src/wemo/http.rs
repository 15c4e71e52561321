//! HTTP/1 as far as the devices need it: a request out of the bytes that have come so far, and an
//! answer into bytes. No sockets here; sizes are bounded.

use chrono::{DateTime, Utc};

/// The request line and the headers, in bytes.
pub const MOST_HEAD: usize = 8 << 10;
/// A body; an Echo's has about 300 bytes.
pub const MOST_BODY: usize = 16 << 10;
const MOST_HEADERS: usize = 64;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without scheme, host and query.
    pub path: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the connection is kept for another request.
    pub keeps: bool,
}

/// What the bytes so far amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// More must come. `expects`: the asker waits for `100 Continue` before it sends the body.
    Incomplete { expects: bool },
    /// A request, which took so many of the bytes.
    Whole(Request, usize),
}

/// Why the connection is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("not HTTP")]
    Malformed,
    #[error("the head is too large")]
    HeadTooLarge,
    #[error("the body is too large")]
    BodyTooLarge,
    #[error("an unknown transfer coding")]
    UnknownCoding,
}

impl Refused {
    pub fn status(self) -> Status {
        match self {
            Refused::Malformed => Status(400, "Bad Request"),
            Refused::HeadTooLarge => Status(431, "Request Header Fields Too Large"),
            Refused::BodyTooLarge => Status(413, "Content Too Large"),
            Refused::UnknownCoding => Status(501, "Not Implemented"),
        }
    }
}

impl Request {
    /// The first header of this name, in any letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    fn says(&self, name: &str, word: &str) -> bool {
        let mut all = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        all.any(|(_, value)| value.split(',').any(|each| each.trim().eq_ignore_ascii_case(word)))
    }
}

/// Reads the first request in the bytes.
///
/// # Errors
/// When it never becomes one, however much more comes.
pub fn read(bytes: &[u8]) -> Result<Parsed, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let bounded = &bytes[..bytes.len().min(MOST_HEAD)];
    let begins = match head.parse(bounded) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < MOST_HEAD => {
            return Ok(Parsed::Incomplete { expects: false });
        }
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Err(Refused::HeadTooLarge);
        }
        Err(_) => return Err(Refused::Malformed),
    };
    let headers = head.headers.iter().map(|header| {
        (header.name.to_owned(), String::from_utf8_lossy(header.value).trim().to_owned())
    });
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: path_of(head.path.unwrap_or_default()).to_owned(),
        headers: headers.collect(),
        body: Vec::new(),
        keeps: false,
    };
    let is_1_1 = head.version == Some(1);
    request.keeps = match is_1_1 {
        true => !request.says("Connection", "close"),
        false => request.says("Connection", "keep-alive"),
    };
    let rest = &bytes[begins..];
    let body = match request.header("Transfer-Encoding") {
        None => counted(rest, length_of(&request)?)?,
        Some(coding) if coding.eq_ignore_ascii_case("chunked") => chunked(rest)?,
        Some(_) => return Err(Refused::UnknownCoding),
    };
    match body {
        Some((body, taken)) => {
            request.body = body;
            Ok(Parsed::Whole(request, begins + taken))
        }
        None => {
            let expects = is_1_1 && rest.is_empty() && request.says("Expect", "100-continue");
            Ok(Parsed::Incomplete { expects })
        }
    }
}

/// `http://192.168.1.4:49152/setup.xml?x` asks for `/setup.xml`.
fn path_of(target: &str) -> &str {
    let local = match target.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(|letter| letter.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => target,
    };
    local.split(['?', '#']).next().unwrap_or_default()
}

fn length_of(request: &Request) -> Result<usize, Refused> {
    let mut known = None;
    for (name, value) in &request.headers {
        if name.eq_ignore_ascii_case("Content-Length") {
            let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number || known.is_some_and(|known| known != value) {
                return Err(Refused::Malformed);
            }
            known = Some(value);
        }
    }
    // A number too large for a `usize` is too large for us.
    known.map_or(Ok(0), |text| text.parse().map_err(|_| Refused::BodyTooLarge))
}

/// A body, and how many bytes it took; nothing while it is not whole.
type Body = Option<(Vec<u8>, usize)>;

fn counted(bytes: &[u8], length: usize) -> Result<Body, Refused> {
    if length > MOST_BODY {
        return Err(Refused::BodyTooLarge);
    }
    Ok(bytes.get(..length).map(|body| (body.to_owned(), length)))
}

/// RFC 9112, section 7.1; extensions and trailers are passed over.
fn chunked(bytes: &[u8]) -> Result<Body, Refused> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        if at > MOST_BODY + MOST_HEAD {
            return Err(Refused::BodyTooLarge);
        }
        let rest = &bytes[at..];
        let (head, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) if rest.len() < MOST_HEAD => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(Refused::HeadTooLarge),
            Err(_) => return Err(Refused::Malformed),
        };
        let size = usize::try_from(size).map_err(|_| Refused::BodyTooLarge)?;
        if size > MOST_BODY - body.len() {
            return Err(Refused::BodyTooLarge);
        }
        at += head;
        if size == 0 {
            return trailers(&bytes[at..]).map(|end| end.map(|end| (body, at + end)));
        }
        let Some(chunk) = bytes.get(at..at + size) else { return Ok(None) };
        body.extend_from_slice(chunk);
        at += size;
        match bytes.get(at..at + 2) {
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(Refused::Malformed),
            None => return Ok(None),
        }
    }
}

fn trailers(bytes: &[u8]) -> Result<Option<usize>, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    match httparse::parse_headers(&bytes[..bytes.len().min(MOST_HEAD)], &mut headers) {
        Ok(httparse::Status::Complete((end, _))) => Ok(Some(end)),
        Ok(httparse::Status::Partial) if bytes.len() < MOST_HEAD => Ok(None),
        Ok(httparse::Status::Partial) => Err(Refused::HeadTooLarge),
        Err(_) => Err(Refused::Malformed),
    }
}

/// A status line's number and words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: Status,
    /// Beside the usual ones.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Response {
    pub fn xml(body: String) -> Self {
        Response { status: Status(200, "OK"), headers: Vec::new(), body }
    }

    /// Without a body.
    pub fn empty(status: Status) -> Self {
        Response { status, headers: Vec::new(), body: String::new() }
    }

    /// The answer as it is sent. `head_only`: HEAD gets the headers that GET would have got.
    pub fn to_bytes(&self, head_only: bool, keeps: bool, now: DateTime<Utc>) -> Vec<u8> {
        let Status(code, words) = self.status;
        let mut head =
            format!("HTTP/1.1 {code} {words}\r\nCONTENT-LENGTH: {}\r\n", self.body.len());
        if !self.body.is_empty() {
            head.push_str("CONTENT-TYPE: text/xml; charset=\"utf-8\"\r\n");
        }
        head.push_str(&format!(
            "DATE: {}\r\nEXT:\r\nSERVER: Unspecified, UPnP/1.0, Unspecified\r\nX-User-Agent: redsonic\r\n",
            super::http_date(now)
        ));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(if keeps {
            "CONNECTION: keep-alive\r\n\r\n"
        } else {
            "CONNECTION: close\r\n\r\n"
        });
        let mut bytes = head.into_bytes();
        if !head_only {
            bytes.extend_from_slice(self.body.as_bytes());
        }
        bytes
    }
}

#[cfg(test)]
#[path = "tests/http.rs"]
mod tests;
