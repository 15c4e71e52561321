//! A number out of an HTTP answer: a Shelly plug, an inverter's own page, a weather service.
//!
//! JSON pointers: RFC 6901. Redirects leave no host: what a header with a secret in it was meant
//! for, nobody else gets.

mod fetch;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::{
    Client, Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;

use super::{
    DriverRow, SensorSettings,
    number::{at_pointer, is_pointer},
    stand_in::stand_in,
    wait::{Patience, wait},
};
use crate::{
    config::Secret,
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "http",
    summary: "a number out of an HTTP answer, by a JSON pointer",
    options: &[
        ("url", "http:// or https://"),
        ("pointer", "where the number stands in the JSON, as in /emeters/0/power; else all of it"),
        ("headers", "a table of headers; the value is a text or { secret = \"…\" }"),
        ("user", "the user, for basic authentication"),
        ("password", "its password: { secret = \"…\" }"),
        ("timeout", "how long to wait; 5s unless said"),
    ],
    build,
};

/// Headers whose value lets anyone in who knows it.
const BETRAYERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-auth-token"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    url: String,
    #[serde(default)]
    pointer: String,
    #[serde(default)]
    headers: BTreeMap<String, Header>,
    user: Option<String>,
    password: Option<Secret>,
    #[serde(default)]
    timeout: Patience,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Header {
    Secret(Secret),
    Text(String),
}

struct Http {
    hal: Hal,
    url: Url,
    pointer: String,
    headers: Vec<(HeaderName, Header)>,
    user: Option<String>,
    password: Option<Secret>,
    patience: Patience,
    /// Made by the first reading; it keeps the connection.
    client: Option<Client>,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let options: Options = settings.options.read()?;
    let wrong = |key: &str, message: String| OptionError::new(key, message);
    let url = Url::parse(&options.url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| wrong("url", "`url` must begin with http:// or https://".to_owned()))?;
    if !url.username().is_empty() || url.password().is_some() {
        let message = "a password does not belong into the address: write `user = \"…\"` and \
                       `password = { secret = \"…\" }`";
        return Err(wrong("url", message.to_owned()));
    }
    if !is_pointer(&options.pointer) {
        let message = format!("a JSON pointer begins with a slash: `/{}`", options.pointer);
        return Err(wrong("pointer", message));
    }
    if options.password.is_some() && options.user.is_none() {
        return Err(wrong("password", "`password` needs a `user`".to_owned()));
    }
    let mut headers = Vec::new();
    for (name, value) in options.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong("headers", format!("`{name}` is no name of a header")))?;
        if let Header::Secret(Secret { name }) = &value
            && !Secret::is_valid_name(name)
        {
            return Err(wrong("headers", format!("`{name}` cannot be the name of a secret")));
        }
        if matches!(value, Header::Text(_)) && BETRAYERS.contains(&name) {
            let message = format!(
                "a secret stands in the file: write {name} = {{ secret = \"…\" }} in `headers`"
            );
            return Err(wrong("headers", message));
        }
        headers.push((name, value));
    }
    if let Some(driver) = stand_in(settings, hal, "") {
        return Ok(driver);
    }
    Ok(Box::new(Http {
        hal: hal.clone(),
        url,
        pointer: options.pointer,
        headers,
        user: options.user,
        password: options.password,
        patience: options.timeout,
        client: None,
    }))
}

impl Driver for Http {
    fn unit(&self) -> &str {
        ""
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let host: Arc<str> = self.url.host_str().unwrap_or_default().into();
        let headers = self.headers()?;
        let password = self.password.as_ref().map(|secret| self.reveal(secret)).transpose()?;
        let client = match &self.client {
            Some(client) => client.clone(),
            None => self.client.insert(fetch::client(&self.url)?).clone(),
        };
        let mut request = client.get(self.url.clone()).headers(headers);
        if let Some(user) = &self.user {
            request = request.basic_auth(user, password);
        }
        let text = wait(self.patience.0, fetch::text(request)).map_err(|error| match error {
            ReadError::Transient(reason) => ReadError::Transient(format!("{host}: {reason}")),
            ReadError::Permanent(reason) => ReadError::Permanent(format!("{host}: {reason}")),
        })?;
        at_pointer(&text, &self.pointer)
            .map_err(|reason| ReadError::Transient(format!("{host}: {reason}")))
    }

    fn limit(&self) -> Duration {
        self.patience.limit()
    }
}

impl Http {
    /// Secrets are looked up for every request: a changed one needs no restart.
    fn headers(&self) -> Result<HeaderMap, ReadError> {
        let mut map = HeaderMap::new();
        for (name, header) in &self.headers {
            let text = match header {
                Header::Text(text) => text.clone(),
                Header::Secret(secret) => self.reveal(secret)?,
            };
            let mut value = HeaderValue::from_str(&text).map_err(|_| {
                ReadError::Permanent(format!("the value of the header {name} has a line break"))
            })?;
            value.set_sensitive(matches!(header, Header::Secret(_)));
            map.insert(name.clone(), value);
        }
        Ok(map)
    }

    fn reveal(&self, secret: &Secret) -> Result<String, ReadError> {
        self.hal.secret(secret).map_err(ReadError::Permanent)
    }
}

#[cfg(test)]
mod tests;
