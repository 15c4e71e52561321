//! The role of the machine that this runs on: version 2 of EC2's instance metadata service
//! (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;

use super::{Environment, Keys};

const SERVICE: &str = "http://169.254.169.254";
const ROLES: &str = "latest/meta-data/iam/security-credentials/";
/// Anywhere but on EC2 nobody answers at all.
const WITHIN: Duration = Duration::from_secs(2);
const TOKEN_FOR: &str = "300";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    code: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    expiration: Option<DateTime<Utc>>,
}

/// # Errors
/// Why there are no keys: not on EC2, no role.
pub(super) async fn ask(http: &Client, environment: &Environment) -> Result<Keys, String> {
    let disabled = environment("AWS_EC2_METADATA_DISABLED");
    if disabled.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return Err("AWS_EC2_METADATA_DISABLED is set".to_owned());
    }
    let service = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let service = service.unwrap_or_else(|| SERVICE.to_owned());
    let service = service.trim_end_matches('/');
    let token = http
        .put(format!("{service}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", TOKEN_FOR);
    let token = text(token).await?.ok_or("this is no machine of EC2's")?;
    let get = |path: &str| {
        http.get(format!("{service}/{path}")).header("x-aws-ec2-metadata-token", &token)
    };
    let roles = text(get(ROLES)).await?;
    let role = roles.as_deref().and_then(|text| text.lines().next()).map(str::trim);
    let role = role.filter(|role| !role.is_empty()).ok_or("this machine has no role")?;
    let keys = text(get(&format!("{ROLES}{role}"))).await?;
    let keys = keys.ok_or_else(|| format!("there are no keys for the role {role}"))?;
    let answer: Answer = serde_json::from_str(&keys)
        .map_err(|_| format!("the keys of the role {role} are not understood"))?;
    match answer {
        Answer {
            access_key_id: Some(access_key),
            secret_access_key: Some(secret_key),
            token,
            expiration,
            ..
        } => Ok(Keys { access_key, secret_key, session_token: token, expires: expiration }),
        Answer { code, .. } => {
            let code = code.unwrap_or_else(|| "no keys".to_owned());
            Err(format!("the role {role} gives no keys: {code}"))
        }
    }
}

/// The body; `None` where there is no such page.
async fn text(request: RequestBuilder) -> Result<Option<String>, String> {
    let silent = |_| "nobody answers on the metadata service".to_owned();
    let answer = request.timeout(WITHIN).send().await.map_err(silent)?;
    match answer.status() {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => answer.text().await.map(Some).map_err(silent),
        status => Err(format!("the metadata service answered {status}")),
    }
}
