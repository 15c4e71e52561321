//! One request and its answer, within bounds. No message shows the address, which may have a key
//! in it.

use std::{error::Error, time::Duration};

use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};

use crate::sensor::ReadError;

/// Larger than any answer with a number in it.
const LARGEST: usize = 1 << 20;
const MOST_REDIRECTS: usize = 3;
/// Sensors that are read once an hour need no open connection.
const IDLE: Duration = Duration::from_secs(60);

/// A client that never leaves the host of this address, nor goes from https to http.
pub(super) fn client(url: &Url) -> Result<Client, ReadError> {
    let first = url.clone();
    let policy = redirect::Policy::custom(move |attempt| {
        let next = attempt.url();
        let is_same = next.host_str() == first.host_str()
            && next.scheme() == first.scheme()
            && next.port_or_known_default() == first.port_or_known_default();
        // What a server does that wants its visitors to come by TLS.
        let is_upgrade = next.host_str() == first.host_str()
            && (first.scheme(), first.port()) == ("http", None)
            && (next.scheme(), next.port()) == ("https", None);
        if attempt.previous().len() > MOST_REDIRECTS {
            attempt.error("it redirects without end")
        } else if is_same || is_upgrade {
            attempt.follow()
        } else {
            attempt.error("it redirects to another host; write that one into `url` if it is right")
        }
    });
    Client::builder()
        .redirect(policy)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("watchpost/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| ReadError::Permanent(format!("no HTTP client: {}", reason(&error))))
}

/// The body of a good answer.
pub(super) async fn text(request: RequestBuilder) -> Result<String, ReadError> {
    let mut answer = request.send().await.map_err(|error| failed(&error))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(refused(status));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(ReadError::Permanent(
                "the answer is larger than 1 MB: is `url` the right page?".to_owned(),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    String::from_utf8(body).map_err(|_| ReadError::Transient("the answer is no text".to_owned()))
}

fn refused(status: StatusCode) -> ReadError {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            ReadError::Permanent(format!("{status}: check `user`, `password` or `headers`"))
        }
        StatusCode::TOO_MANY_REQUESTS => {
            ReadError::Permanent(format!("{status}: make `every` longer"))
        }
        _ if status.is_server_error() => ReadError::Transient(status.to_string()),
        _ => ReadError::Permanent(format!("{status}: check `url`")),
    }
}

fn failed(error: &reqwest::Error) -> ReadError {
    let reason = reason(error);
    if error.is_redirect() || error.is_builder() {
        ReadError::Permanent(reason)
    } else {
        ReadError::Transient(reason)
    }
}

/// The innermost cause: the outer ones name the address.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
