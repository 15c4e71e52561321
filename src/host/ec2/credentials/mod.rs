//! Who we are: keys from the site's secrets, a profile, the environment, the shared credentials
//! file, or the role of the machine that this runs on; the first of them that is there.

mod file;
mod metadata;

use std::{fmt, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Client as Http;
use tokio::sync::Mutex;

use super::Error;
use crate::{config::Secret, host::SecretResolver};

/// New keys are asked for so long before the old ones end.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// What requests are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub access_key: String,
    pub secret_key: String,
    pub session_token: Option<String>,
    /// `None`: they hold until somebody takes them back.
    pub expires: Option<DateTime<Utc>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// What the site file says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CredentialSettings {
    pub access_key: Option<Secret>,
    pub secret_key: Option<Secret>,
    pub session_token: Option<Secret>,
    pub profile: Option<String>,
}

/// Looks a variable of the environment up.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Finds keys, and keeps them as long as they hold. Clones share what is kept.
#[derive(Clone)]
pub struct Credentials {
    settings: CredentialSettings,
    secrets: SecretResolver,
    environment: Environment,
    kept: Arc<Mutex<Option<Keys>>>,
}

impl Credentials {
    pub fn new(settings: CredentialSettings, secrets: SecretResolver) -> Self {
        let environment = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        Credentials { settings, secrets, environment: Arc::new(environment), kept: Arc::default() }
    }

    /// The same, with another environment.
    pub fn with_environment(self, environment: Environment) -> Self {
        Credentials { environment, ..self }
    }

    /// # Errors
    /// Where was looked, and why nothing was found there.
    pub async fn keys(&self, http: &Http, now: DateTime<Utc>) -> Result<Keys, Error> {
        let mut kept = self.kept.lock().await;
        if let Some(keys) = &*kept
            && keys.expires.is_none_or(|expires| now + AHEAD < expires)
        {
            return Ok(keys.clone());
        }
        let keys = self.find(http).await.map_err(Error::NoCredentials)?;
        *kept = Some(keys.clone());
        Ok(keys)
    }

    /// Has them looked for anew: what was kept is not taken any more.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    async fn find(&self, http: &Http) -> Result<Keys, String> {
        if let Some(keys) = self.of_secrets()? {
            return Ok(keys);
        }
        if let Some(profile) = &self.settings.profile {
            return file::read(&self.environment, profile).await?.ok_or_else(|| {
                format!(
                    "there is no profile [{profile}] in {}",
                    file::paths(&self.environment).join(" or ")
                )
            });
        }
        if let Some(keys) = self.of_environment()? {
            return Ok(keys);
        }
        let profile = (self.environment)("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
        if let Some(keys) = file::read(&self.environment, &profile).await? {
            return Ok(keys);
        }
        metadata::ask(http, &self.environment).await.map_err(|why| {
            format!(
                "no credentials for AWS: give `access_key` and `secret_key` as secrets in [aws], or \
                 set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile [{profile}] \
                 into {}, or run on EC2 with a role ({why})",
                file::paths(&self.environment).first().cloned().unwrap_or_default()
            )
        })
    }

    fn of_secrets(&self) -> Result<Option<Keys>, String> {
        let CredentialSettings { access_key, secret_key, session_token, .. } = &self.settings;
        let (Some(access_key), Some(secret_key)) = (access_key, secret_key) else {
            return Ok(None);
        };
        let reveal = |secret: &Secret| {
            let text = (self.secrets)(secret)?;
            Ok::<_, String>(text.trim().to_owned())
        };
        Ok(Some(Keys {
            access_key: reveal(access_key)?,
            secret_key: reveal(secret_key)?,
            session_token: session_token.as_ref().map(reveal).transpose()?,
            expires: None,
        }))
    }

    fn of_environment(&self) -> Result<Option<Keys>, String> {
        let look = |name| (self.environment)(name);
        match (look("AWS_ACCESS_KEY_ID"), look("AWS_SECRET_ACCESS_KEY")) {
            (Some(access_key), Some(secret_key)) => Ok(Some(Keys {
                access_key,
                secret_key,
                session_token: look("AWS_SESSION_TOKEN"),
                expires: None,
            })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not".to_owned())
            }
            (None, Some(_)) => {
                Err("AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(settings: CredentialSettings, variables: &[(&str, &str)]) -> Result<Keys, String> {
        let mut variables: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        // Nobody asks the machine that the tests run on.
        variables.entry("AWS_EC2_METADATA_DISABLED".into()).or_insert("true".into());
        variables.entry("HOME".into()).or_insert("/nonexistent".into());
        let secrets: SecretResolver = Arc::new(|secret: &Secret| match secret.name.as_str() {
            "gone" => Err("there is no secret \"gone\"".to_owned()),
            name => Ok(format!("value of {name}\n")),
        });
        let credentials = Credentials::new(settings, secrets)
            .with_environment(Arc::new(move |name| variables.get(name).cloned()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(credentials.find(&Http::new()))
    }

    fn secret(name: &str) -> Option<Secret> {
        Some(Secret { name: name.into() })
    }

    #[test]
    fn the_first_place_that_has_some_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        std::fs::write(
            &file,
            "[default]\naws_access_key_id = A\naws_secret_access_key = a=/+b\n\n[ work ]\n\
             # mine\naws_access_key_id=W\naws_secret_access_key=w\naws_session_token = t\n",
        )
        .unwrap();
        let file = file.to_str().unwrap();
        let shared = ("AWS_SHARED_CREDENTIALS_FILE", file);
        let environment = [shared, ("AWS_ACCESS_KEY_ID", "E"), ("AWS_SECRET_ACCESS_KEY", "e")];
        let settings = CredentialSettings {
            access_key: secret("id"),
            secret_key: secret("key"),
            ..Default::default()
        };
        assert_eq!(found(settings, &environment).unwrap().access_key, "value of id");
        let settings = CredentialSettings { profile: Some("work".into()), ..Default::default() };
        let keys = found(settings, &environment).unwrap();
        assert_eq!((keys.access_key.as_str(), keys.session_token.as_deref()), ("W", Some("t")));
        assert_eq!(found(CredentialSettings::default(), &environment).unwrap().access_key, "E");
        let keys = found(CredentialSettings::default(), &[shared]).unwrap();
        assert_eq!((keys.access_key.as_str(), keys.secret_key.as_str()), ("A", "a=/+b"));
        let named = [shared, ("AWS_PROFILE", "work")];
        assert_eq!(found(CredentialSettings::default(), &named).unwrap().access_key, "W");
    }

    #[test]
    fn where_was_looked_is_said() {
        let none = found(CredentialSettings::default(), &[]).unwrap_err();
        insta::assert_snapshot!(none);
        let half = [("AWS_ACCESS_KEY_ID", "E")];
        assert!(found(CredentialSettings::default(), &half).unwrap_err().contains("is not"));
        let settings = CredentialSettings { profile: Some("work".into()), ..Default::default() };
        assert!(found(settings, &[]).unwrap_err().contains("no profile [work]"));
        let settings = CredentialSettings {
            access_key: secret("id"),
            secret_key: secret("gone"),
            ..Default::default()
        };
        assert_eq!(found(settings, &[]).unwrap_err(), "there is no secret \"gone\"");
    }
}
