//! The credentials file that all of AWS's tools share
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>).

use std::io::ErrorKind;

use super::{Environment, Keys};

/// The files that may have profiles, the better one first.
pub(super) fn paths(environment: &Environment) -> Vec<String> {
    let home = environment("HOME").unwrap_or_default();
    let path = |variable: &str, usual: &str| {
        environment(variable).unwrap_or_else(|| format!("{home}/.aws/{usual}"))
    };
    vec![path("AWS_SHARED_CREDENTIALS_FILE", "credentials"), path("AWS_CONFIG_FILE", "config")]
}

/// The keys of a profile; `None` where no file has it.
pub(super) async fn read(environment: &Environment, profile: &str) -> Result<Option<Keys>, String> {
    for path in paths(environment) {
        let text = match tokio::fs::read_to_string(&path).await {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{path} cannot be read: {error}")),
        };
        match profile_of(&text, profile) {
            Ok(Some(keys)) => return Ok(Some(keys)),
            Ok(None) => {}
            Err(why) => return Err(format!("{path}: [{profile}]: {why}")),
        }
    }
    Ok(None)
}

/// A profile's keys. In one of the files its section is called `[profile NAME]`.
fn profile_of(text: &str, profile: &str) -> Result<Option<Keys>, String> {
    let mut is_meant = false;
    let mut was_there = false;
    let (mut access_key, mut secret_key, mut session_token) = (None, None, None);
    for line in text.lines() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            let title = title.trim();
            is_meant = title == profile
                || title.strip_prefix("profile").is_some_and(|name| name.trim() == profile);
            was_there |= is_meant;
            continue;
        }
        if !is_meant || line.starts_with(['#', ';']) {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = Some(value.trim().to_owned());
        match key.trim() {
            "aws_access_key_id" => access_key = value,
            "aws_secret_access_key" => secret_key = value,
            "aws_session_token" => session_token = value,
            key @ ("role_arn" | "sso_session" | "sso_start_url" | "credential_process") => {
                return Err(format!(
                    "`{key}` is not understood here: give keys, or run on EC2 with a role"
                ));
            }
            _ => {}
        }
    }
    match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => {
            Ok(Some(Keys { access_key, secret_key, session_token, expires: None }))
        }
        // A section of the other file may have them.
        (None, None) => Ok(None),
        _ if was_there => {
            Err("it needs both aws_access_key_id and aws_secret_access_key".to_owned())
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_found_in_either_file() {
        let config = "[profile work]\nregion = eu-central-1\naws_access_key_id = A\r\n\
                      aws_secret_access_key = a\r\n[other]\naws_access_key_id = B\n";
        let keys = profile_of(config, "work").unwrap().unwrap();
        assert_eq!((keys.access_key.as_str(), keys.secret_key.as_str()), ("A", "a"));
        assert!(profile_of(config, "other").unwrap_err().contains("both"));
        assert_eq!(profile_of(config, "default"), Ok(None));
        let role = "[default]\nrole_arn = arn:aws:iam::1:role/x\n";
        assert!(profile_of(role, "default").unwrap_err().contains("role_arn"));
    }
}
