//! `[alexa]`.

use std::time::Duration;

use super::Reader;
use crate::{
    config::{AlexaSettings, field::Field, section::Section},
    subnet::Subnet,
};

/// Where real sockets begin, and where pywemo looks without SSDP.
const FIRST_PORT: u16 = 49_152;
/// An Echo stops waiting at about this time.
const LONGEST_DELAY: Duration = Duration::from_secs(5);

impl Reader<'_> {
    pub(super) fn alexa(&self, root: &Section<'_>) -> Option<AlexaSettings> {
        let section = root.section("alexa", "[alexa]");
        let enabled = section.field("enabled").and_then(|field| field.boolean());
        let texts = |key| section.field(key).and_then(|field| field.texts()).unwrap_or_default();
        let interfaces = texts("interfaces").into_iter();
        let interfaces = interfaces.map(|name| name.into_inner().to_owned()).collect();
        let first_port = section.field("first_port").and_then(|field| field.whole(1024, 65_000));
        let allow = section.field("allow").map(|field| subnets(&field)).unwrap_or_default();
        let delay = section.field("delay").and_then(|field| delay(&field));
        let answer_all = section.field("answer_all").and_then(|field| field.boolean());
        let is_on = section.is_present() && enabled.unwrap_or(true);
        section.finish();
        is_on.then(|| AlexaSettings {
            interfaces,
            first_port: first_port.and_then(|port| port.try_into().ok()).unwrap_or(FIRST_PORT),
            allow,
            delay: delay.unwrap_or_default(),
            answer_all: answer_all.unwrap_or(true),
        })
    }
}

fn subnets(field: &Field<'_>) -> Vec<Subnet> {
    let mut subnets = Vec::new();
    for text in field.texts().unwrap_or_default() {
        match text.get_ref().parse() {
            Ok(subnet) => subnets.push(subnet),
            Err(error) => field.mistakes.error(
                text.span(),
                format!("`{}` is no range of addresses", text.get_ref()),
                "not a subnet",
                format!("{error}"),
            ),
        }
    }
    subnets
}

fn delay(field: &Field<'_>) -> Option<Duration> {
    let delay = field.duration()?;
    if delay > LONGEST_DELAY {
        field.wrong("nobody waits for an answer so long", "must be at most 5s", None);
        return None;
    }
    Some(delay)
}
