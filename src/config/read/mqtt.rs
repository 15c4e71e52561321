//! `[mqtt]`.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use super::{
    Reader,
    web_address::{is_loopback, web_address},
};
use crate::{
    config::{MqttSettings, MqttVersion, field::Field, section::Section},
    suggest::did_you_mean_or_all,
};

const PREFIX: &str = "watchpost";
const DISCOVERY: &str = "homeassistant";
/// A day of ten sensors every ten seconds, and a bit.
const KEEP_READINGS: u64 = 100_000;
const MOST_READINGS: u64 = 10_000_000;
const KEEP: Duration = Duration::from_secs(7 * 86_400);

const EXAMPLE: &str = "mqtt://broker.lan";

impl Reader<'_> {
    pub(super) fn mqtt(&self, root: &Section<'_>) -> Option<MqttSettings> {
        let section = root.section("mqtt", "[mqtt]");
        let url_field = section.required("url", "url = \"mqtt://broker.lan\"");
        let urls = url_field.as_ref().and_then(addresses);
        let url = urls.as_ref().and_then(|urls| urls.first());
        let user = section.field("user").and_then(|field| field.text()).map(str::to_owned);
        let password = section.field("password");
        if let (Some(field), None) = (&password, section.field("user")) {
            field.wrong("a password is of no use without `user`", "no `user`", None);
        }
        if let (Some(field), Some(urls), Some(_)) = (&url_field, &urls, &password)
            && urls.iter().any(|url| url.scheme() == "mqtt" && !is_loopback(url))
        {
            field.mistakes.warning(
                field.span(),
                "the password crosses the network for all to read",
                "not encrypted",
                "begin with mqtts:// where the broker can do TLS".to_owned(),
            );
        }
        let password = password.and_then(|field| field.secret());
        let tls = url.is_some_and(|url| url.scheme() == "mqtts");
        let ca = self.tls_file(&section, "ca", tls);
        let identity = self.identity(&section, tls);
        let version = section.field("version").and_then(|field| version(&field));
        let prefix = section.field("prefix").and_then(|field| topic(&field));
        let discovery = match section.field("discovery") {
            None => Some(DISCOVERY.to_owned()),
            Some(field) => match field.value.get_ref().as_bool() {
                Some(wanted) => wanted.then(|| DISCOVERY.to_owned()),
                None => topic(&field),
            },
        };
        let peers = section.field("peers").and_then(|field| field.boolean()).unwrap_or(true);
        let watches = section.field("watches").and_then(|field| field.texts()).unwrap_or_default();
        let keep_readings =
            section.field("keep_readings").and_then(|field| field.whole(1, MOST_READINGS));
        let keep = section.field("keep").and_then(|field| field.duration());
        section.finish();
        let broker = |url: &Url| {
            let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
            Some((host, url.port().unwrap_or(if tls { 8883 } else { 1883 })))
        };
        Some(MqttSettings {
            brokers: urls?.iter().filter_map(broker).collect(),
            tls,
            version: version.unwrap_or(MqttVersion::V311),
            user,
            password,
            ca,
            identity,
            prefix: prefix.unwrap_or_else(|| PREFIX.to_owned()),
            discovery,
            peers,
            watches: watches.into_iter().map(|name| name.into_inner().to_owned()).collect(),
            keep_readings: keep_readings.unwrap_or(KEEP_READINGS),
            keep: keep.unwrap_or(KEEP),
        })
    }

    fn identity(&self, section: &Section<'_>, tls: bool) -> Option<(PathBuf, PathBuf)> {
        let certificate = self.tls_file(section, "certificate", tls);
        let key = self.tls_file(section, "key", tls);
        for (one, other, missing) in
            [("certificate", &key, "key"), ("key", &certificate, "certificate")]
        {
            if let (Some(field), None, None) = (section.field(one), other, section.field(missing)) {
                field.wrong(
                    format!("`{one}` proves nothing without `{missing}`"),
                    format!("`{missing}` is missing"),
                    None,
                );
            }
        }
        certificate.zip(key)
    }

    fn tls_file(&self, section: &Section<'_>, key: &'static str, tls: bool) -> Option<PathBuf> {
        let field = section.field(key)?;
        if !tls {
            field.wrong(
                format!("`{key}` has no effect without TLS"),
                "not used",
                "begin `url` with mqtts://".to_owned(),
            );
        }
        self.path(Some(field))
    }
}

/// One address, or several of one cluster.
fn addresses(field: &Field<'_>) -> Option<Vec<Url>> {
    let Some(list) = field.value.get_ref().as_array() else {
        return Some(vec![address(field)?]);
    };
    let items = list.iter().map(|value| Field { value, ..field.clone() });
    let urls: Vec<Url> = items.map(|item| address(&item)).collect::<Option<_>>()?;
    let Some(first) = urls.first() else {
        field.wrong("`url` names no broker", "nothing in it", format!("url = \"{EXAMPLE}\""));
        return None;
    };
    if urls.iter().any(|url| url.scheme() != first.scheme()) {
        field.wrong(
            "the brokers of one cluster are reached in one way",
            "both mqtt:// and mqtts://",
            "all of them mqtts://, or all of them mqtt://".to_owned(),
        );
        return None;
    }
    Some(urls)
}

fn address(field: &Field<'_>) -> Option<Url> {
    let url = web_address(field, &["mqtts", "mqtt"], EXAMPLE)?;
    let ends_there = url.query().is_none() && matches!(url.path(), "" | "/");
    if !ends_there {
        field.wrong(
            "the address of a broker ends with its host and port",
            "nothing may follow them",
            format!("for example: url = \"{EXAMPLE}:1883\""),
        );
    }
    ends_there.then_some(url)
}

fn version(field: &Field<'_>) -> Option<MqttVersion> {
    match field.text()? {
        "3.1.1" => Some(MqttVersion::V311),
        "5" => Some(MqttVersion::V5),
        other => {
            let help = did_you_mean_or_all(other, &["3.1.1", "5"]);
            field.wrong(format!("MQTT {other} is not spoken here"), "not known", help);
            None
        }
    }
}

/// The beginning of topics: neither a wildcard nor an empty part.
fn topic(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let bad = |part: &str| {
        part.is_empty() || part.contains(['+', '#']) || part.contains(char::is_control)
    };
    if text.starts_with('$') || text.split('/').any(bad) {
        field.wrong(
            format!("topics cannot begin with `{text}`"),
            "no `+`, no `#`, no empty part, no `$` at the beginning",
            format!("for example: {} = \"{PREFIX}\"", field.key),
        );
        return None;
    }
    Some(text.to_owned())
}
