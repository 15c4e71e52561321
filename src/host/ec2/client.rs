//! One region of EC2: signs, sends, tries again, goes from page to page.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client as Http, Response, StatusCode, Url, header, redirect};

use super::{
    Error, Query,
    credentials::Credentials,
    error::{is_about_time, is_throttling},
    retry::{ATTEMPTS, pause},
    sign::{CONTENT_TYPE, Signing},
    xml::Element,
};
use crate::clock::Clock;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// No answer that is of use here is larger.
const LARGEST: usize = 16 << 20;
/// More pages than any question here has.
const MOST_PAGES: usize = 200;
/// Signatures hold so long.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Where the requests go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    pub name: String,
    /// Another server of the same API.
    pub endpoint: Option<String>,
}

impl Region {
    fn address(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None if self.name.starts_with("cn-") => {
                format!("https://ec2.{}.amazonaws.com.cn/", self.name)
            }
            None => format!("https://ec2.{}.amazonaws.com/", self.name),
        }
    }

    /// Whether this can be the name of a region: `eu-central-1`, `us-gov-west-1`.
    pub fn is_name(text: &str) -> bool {
        let parts: Vec<&str> = text.split('-').collect();
        let is_word =
            |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
        matches!(parts.as_slice(), [words @ .., number]
            if words.len() >= 2 && words.iter().all(is_word)
                && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// Clones share the connections.
#[derive(Clone)]
pub struct Client {
    http: Http,
    clock: Clock,
    region: Region,
    credentials: Credentials,
}

impl Client {
    /// # Errors
    /// An endpoint that is no address.
    pub fn new(region: Region, credentials: Credentials, clock: Clock) -> Result<Self, Error> {
        let http = Http::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // A signed request is meant for one host alone.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("watchpost/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Unfit(format!("no HTTP client: {error}")))?;
        Url::parse(&region.address())
            .map_err(|error| Error::Unfit(format!("`endpoint`: {error}")))?;
        Ok(Client { http, clock, region, credentials })
    }

    pub fn region(&self) -> &Region {
        &self.region
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Asks, and asks again when the server is busy or away. Whatever is sent here may arrive twice:
    /// requests that would do something twice carry a token that tells.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn ask(&self, query: &Query) -> Result<Element, Error> {
        let mut attempt = 0;
        let mut has_renewed = false;
        loop {
            let error = match self.once(query).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // Keys of a role may have been replaced before their time.
            if !has_renewed && error.code().is_some_and(|code| code.starts_with("ExpiredToken")) {
                has_renewed = true;
                self.credentials.forget().await;
                continue;
            }
            attempt += 1;
            if !error.is_transient() || attempt >= ATTEMPTS {
                return Err(error);
            }
            let is_throttled = error.code().is_some_and(is_throttling);
            let wait = pause(attempt, is_throttled, fastrand::f64());
            tracing::debug!("EC2 ({}): {error}; again in {wait:?}", self.region.name);
            self.clock.sleep(wait).await;
        }
    }

    /// All pages of an answer.
    ///
    /// # Errors
    /// Like [`Client::ask`], and of pages without end.
    pub async fn ask_all(&self, query: &Query) -> Result<Vec<Element>, Error> {
        let mut pages: Vec<Element> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page = match &next {
                None => self.ask(query).await?,
                Some(token) => self.ask(&query.clone().with("NextToken", token)).await?,
            };
            let token = page.text_of("nextToken").map(str::to_owned);
            pages.push(page);
            if token.is_none() {
                return Ok(pages);
            }
            if token == next || pages.len() >= MOST_PAGES {
                let reason = "its pages have no end".to_owned();
                return Err(Error::Garbled { action: query.action(), reason });
            }
            next = token;
        }
    }

    async fn once(&self, query: &Query) -> Result<Element, Error> {
        let action = query.action();
        let address = self.region.address();
        let url =
            Url::parse(&address).map_err(|error| Error::Unfit(format!("`endpoint`: {error}")))?;
        let now = self.clock.now();
        let keys = self.credentials.keys(&self.http, now).await?;
        let body = query.body();
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let region = &self.region.name;
        let signing = Signing { host: &host, region, service: "ec2", body: &body, at: now };
        let mut request = self.http.post(url).header(header::CONTENT_TYPE, CONTENT_TYPE);
        for (name, value) in signing.headers(&keys) {
            request = request.header(name, value);
        }
        let answer = request.body(body).send().await.map_err(|error| self.no_way(&error))?;
        let (status, date) = (answer.status(), date_of(&answer));
        let text = self.text(action, answer).await?;
        if status == StatusCode::OK {
            return Element::parse(&text).map_err(|reason| Error::Garbled { action, reason });
        }
        let error = Error::of_answer(action, status.as_u16(), &text);
        Err(match (error.code(), date) {
            (Some(code), Some(theirs)) if is_about_time(code) => skew(now, theirs).unwrap_or(error),
            _ => error,
        })
    }

    async fn text(&self, action: &'static str, mut answer: Response) -> Result<String, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.no_way(&error))? {
            if body.len() + chunk.len() > LARGEST {
                let reason = "it is larger than 16 MiB".to_owned();
                return Err(Error::Unfit(format!("its answer to {action}: {reason}")));
            }
            body.extend_from_slice(&chunk);
        }
        let reason = "it is no text".to_owned();
        String::from_utf8(body).map_err(|_| Error::Garbled { action, reason })
    }

    /// The innermost cause; and what it means where the name of a region decides about the server.
    fn no_way(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let hint = match (error.is_connect(), &self.region.endpoint) {
            (true, None) => format!(" (is there a region `{}`?)", self.region.name),
            _ => String::new(),
        };
        let reason =
            if error.is_timeout() { "no answer in time".into() } else { cause.to_string() };
        Error::NoWay(format!("{reason}{hint}"))
    }
}

fn date_of(answer: &Response) -> Option<DateTime<Utc>> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

fn skew(ours: DateTime<Utc>, theirs: DateTime<Utc>) -> Option<Error> {
    let ahead = ours > theirs;
    let by = (ours - theirs).abs();
    (by >= SKEW).then(|| Error::Skewed { by: by.to_std().unwrap_or_default(), ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_slips() {
        for name in ["eu-central-1", "us-gov-west-1", "ap-southeast-5", "cn-north-1"] {
            assert!(Region::is_name(name), "{name}");
        }
        for name in ["eu-central", "Frankfurt", "eu_central_1", "eu-central-1a", "", "1"] {
            assert!(!Region::is_name(name), "{name}");
        }
    }

    #[test]
    fn a_wrong_clock_is_said() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        assert_eq!(skew(now, now - TimeDelta::minutes(4)), None);
        let slow = skew(now, now + TimeDelta::hours(2)).unwrap().to_string();
        assert!(slow.starts_with("this board's clock is 2h slow"), "{slow}");
    }
}
