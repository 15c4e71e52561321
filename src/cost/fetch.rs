//! Keeps the prices fresh that somebody outside knows.

use std::time::Duration;

use futures::future::join_all;
use reqwest::{Client as Http, redirect};

use super::{CostSettings, CostSource, CostTable};
use crate::{
    clock::Clock,
    host::{
        SecretResolver,
        ec2::{
            Client, Credentials, Ec2Account,
            prices::{SpotPrice, SpotQuestion},
        },
    },
    tasks,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// Larger than any answer with a price in it.
/// Somebody waits at a prompt.
const ONCE_WITHIN: Duration = Duration::from_secs(15);
const LARGEST: usize = 4 << 20;
const LOOK_AT_FILES: Duration = Duration::from_secs(60);
/// After a failure it is asked again sooner than otherwise.
const AGAIN: Duration = Duration::from_secs(60);

/// Asks all sources, each in its own time; never ends by itself.
pub async fn keep(table: CostTable, clock: Clock, secrets: SecretResolver) {
    let costs: Vec<CostSettings> = table.all().cloned().collect();
    let files = async {
        if costs.iter().any(|cost| matches!(cost.source, CostSource::File(_))) {
            loop {
                clock.sleep(LOOK_AT_FILES).await;
                let table = table.clone();
                // A file may lie on a slow disk.
                let _ = tasks::spawn_blocking(move || table.read_files()).await;
            }
        }
    };
    let remote = costs.iter().filter(|cost| cost.source.is_remote());
    let asked = remote.map(|cost| keep_one(&table, cost, &clock, &secrets));
    tokio::join!(files, join_all(asked));
}

/// Asks every source once.
pub async fn ask_once(table: &CostTable, clock: &Clock, secrets: &SecretResolver) {
    let costs: Vec<CostSettings> = table.all().cloned().collect();
    let remote = costs.iter().filter(|cost| cost.source.is_remote());
    let asked = remote.map(|cost| async move {
        let answer = match Source::of(cost, clock, secrets) {
            Ok(source) => match clock.timeout(ONCE_WITHIN, source.ask(clock)).await {
                Ok(answer) => answer,
                Err(_) => Err("no answer in time".to_owned()),
            },
            Err(why) => Err(why),
        };
        table.take(&cost.name, answer);
    });
    join_all(asked).await;
}

async fn keep_one(table: &CostTable, cost: &CostSettings, clock: &Clock, secrets: &SecretResolver) {
    let source = match Source::of(cost, clock, secrets) {
        Ok(source) => source,
        Err(why) => return table.take(&cost.name, Err(why)),
    };
    let mut is_well = true;
    loop {
        let answer = source.ask(clock).await;
        match &answer {
            // Once is enough for the log of a night; whoever needs the price hears it, too.
            Err(why) if is_well => tracing::warn!("[cost.{}]: {why}", cost.name),
            Ok(_) if !is_well => tracing::info!("[cost.{}] has a price again", cost.name),
            _ => {}
        }
        is_well = answer.is_ok();
        table.take(&cost.name, answer);
        clock.sleep(if is_well { cost.every } else { cost.every.min(AGAIN) }).await;
    }
}

enum Source<'c> {
    Ec2(Box<Client>, &'c SpotQuestion),
    Http { http: Http, url: &'c str, pointer: &'c str, token: Option<Token<'c>> },
}

struct Token<'c> {
    secret: &'c crate::config::Secret,
    secrets: &'c SecretResolver,
}

impl<'c> Source<'c> {
    fn of(
        cost: &'c CostSettings,
        clock: &Clock,
        secrets: &'c SecretResolver,
    ) -> Result<Self, String> {
        match &cost.source {
            CostSource::Ec2Spot { account: Ec2Account { region, credentials, .. }, question } => {
                let credentials = Credentials::new(credentials.clone(), secrets.clone());
                let client = Client::new(region.clone(), credentials, clock.clone());
                let client = client.map_err(|error| error.to_string())?;
                Ok(Source::Ec2(Box::new(client), question))
            }
            CostSource::Http { url, pointer, token } => {
                let http = Http::builder()
                    .timeout(ANSWER_WITHIN)
                    // What a token was meant for, nobody else gets.
                    .redirect(redirect::Policy::none())
                    .user_agent(concat!("watchpost/", env!("CARGO_PKG_VERSION")))
                    .build()
                    .map_err(|error| format!("no HTTP client: {error}"))?;
                let token = token.as_ref().map(|secret| Token { secret, secrets });
                Ok(Source::Http { http, url, pointer, token })
            }
            _ => Err("nobody can be asked for it".to_owned()),
        }
    }

    /// The price and where it comes from.
    async fn ask(&self, clock: &Clock) -> Result<(f64, String), String> {
        match self {
            Source::Ec2(client, question) => {
                let region = &client.region().name;
                let failed = |why: &dyn std::fmt::Display| format!("EC2 ({region}): {why}");
                let now = clock.now();
                let pages = client.ask_all(&question.query(now)).await;
                let pages = pages.map_err(|error| failed(&error))?;
                let mut prices = Vec::new();
                for page in &pages {
                    prices.extend(SpotPrice::all_of(page).map_err(|why| failed(&why))?);
                }
                let best = question.best(&prices, now).map_err(|why| failed(&why))?;
                Ok((best.price, format!("{} in {}", best.instance_type, best.zone)))
            }
            Source::Http { http, url, pointer, token } => {
                let mut request = http.get(*url);
                if let Some(Token { secret, secrets }) = token {
                    request = request.bearer_auth(secrets(secret)?.trim());
                }
                let price = number(request, pointer).await?;
                let host = reqwest::Url::parse(url).ok();
                let host = host.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
                Ok((price, host.to_owned()))
            }
        }
    }
}

/// No message shows the address, which may have a key in it.
async fn number(request: reqwest::RequestBuilder, pointer: &str) -> Result<f64, String> {
    let mut answer = request.send().await.map_err(|error| innermost(&error))?;
    if !answer.status().is_success() {
        return Err(format!("the server answered {}", answer.status()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| innermost(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err("the answer is larger than 4 MiB: is `url` the right page?".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    let value: serde_json::Value =
        serde_json::from_slice(&body).map_err(|error| format!("the answer is no JSON: {error}"))?;
    let found = value
        .pointer(pointer)
        .ok_or_else(|| format!("there is nothing at `{pointer}` in the answer"))?;
    let number = found.as_f64().or_else(|| found.as_str()?.trim().parse().ok());
    number
        .filter(|number| number.is_finite())
        .ok_or_else(|| format!("what is at `{pointer}` in the answer is no number"))
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
