//! `[aws]`, and what templates and costs say about where on EC2 and as whom.

use std::time::Duration;

use super::{
    Reader,
    web_address::{is_loopback, web_address},
};
use crate::{
    config::section::Section,
    host::ec2::{CredentialSettings, Ec2Account, Region},
};

const EVERY: Duration = Duration::from_secs(60);
/// More often would only use up what the account may ask.
const SHORTEST: Duration = Duration::from_secs(1);

/// What holds where a template or a cost says nothing else.
#[derive(Clone, Debug, Default)]
pub(super) struct AwsDefaults {
    region: Option<String>,
    endpoint: Option<String>,
    credentials: CredentialSettings,
    every: Option<Duration>,
}

impl Reader<'_> {
    pub(super) fn aws(&self, root: &Section<'_>) -> AwsDefaults {
        let section = root.section("aws", "[aws]");
        let keys = ["access_key", "secret_key"].map(|key| section.field(key));
        if let [Some(lonely), None] | [None, Some(lonely)] = &keys {
            let other = if lonely.key == "access_key" { "secret_key" } else { "access_key" };
            self.mistakes.error(
                lonely.key_span.clone(),
                format!("`{}` is of no use without `{other}`", lonely.key),
                "half of a pair",
                format!("add {other} = {{ secret = \"NAME\" }}"),
            );
        }
        let [access_key, secret_key] = keys.map(|field| field.and_then(|field| field.secret()));
        let every = section.field("every").and_then(|field| {
            let every = field.duration()?;
            if every < SHORTEST {
                field.wrong("this is too often", "less than 1 s", None);
                return None;
            }
            Some(every)
        });
        let credentials = CredentialSettings {
            access_key,
            secret_key,
            session_token: section.field("session_token").and_then(|field| field.secret()),
            profile: section.field("profile").and_then(|field| field.text()).map(str::to_owned),
        };
        let (region, endpoint) = (self.region(&section), self.endpoint(&section));
        section.finish();
        AwsDefaults { region, endpoint, credentials, every }
    }

    /// The account of a template or a cost.
    pub(super) fn account(&self, section: &Section<'_>, aws: &AwsDefaults) -> Option<Ec2Account> {
        let own = self.region(section);
        let endpoint = self.endpoint(section).or_else(|| aws.endpoint.clone());
        let profile = section.field("profile").and_then(|field| field.text());
        let credentials = match profile {
            Some(profile) => {
                CredentialSettings { profile: Some(profile.to_owned()), ..Default::default() }
            }
            None => aws.credentials.clone(),
        };
        if section.field("region").is_none() && aws.region.is_none() {
            section.required("region", "region = \"eu-central-1\"");
        }
        let name = own.or_else(|| aws.region.clone())?;
        let every = aws.every.unwrap_or(EVERY);
        Some(Ec2Account { region: Region { name, endpoint }, credentials, every })
    }

    fn region(&self, section: &Section<'_>) -> Option<String> {
        let field = section.field("region")?;
        let name = field.text()?;
        if !Region::is_name(name) {
            field.wrong(
                format!("`{name}` is no region"),
                "not a region of AWS",
                "for example: region = \"eu-central-1\"".to_owned(),
            );
            return None;
        }
        Some(name.to_owned())
    }

    fn endpoint(&self, section: &Section<'_>) -> Option<String> {
        let field = section.field("endpoint")?;
        let url = web_address(&field, &["https", "http"], "https://ec2.example.org/")?;
        if url.scheme() == "http" && !is_loopback(&url) {
            field.wrong(
                "what is asked and answered would cross the network for all to change",
                "not encrypted",
                "begin with https://".to_owned(),
            );
            return None;
        }
        Some(url.to_string())
    }
}
