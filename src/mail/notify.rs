//! A push to a phone: an ntfy topic, or any webhook that takes a POST with text.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{
    Client, ClientBuilder, RequestBuilder, StatusCode, Url, header::HeaderValue, redirect,
};

use super::{
    Carrier, Letterhead, Secrets, SendError, answers, letter::one_line, plain_text, root_cause,
    smtp::is_loopback,
};
use crate::{
    config::{NotifySettings, Secret},
    plan::Channel,
    store::Letter,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(15);
const DONE_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of text. ntfy takes 4,096 and makes a file of what is longer.
const TEXT: usize = 4_000;
const REDIRECTS: usize = 3;

/// Hands messages to the server of `[notify]`.
pub struct Notifier {
    settings: NotifySettings,
    head: Letterhead,
    secrets: Secrets,
    client: Client,
}

impl Notifier {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(
        settings: NotifySettings,
        head: Letterhead,
        secrets: Secrets,
    ) -> Result<Notifier, SendError> {
        let client = client().timeout(DONE_WITHIN).build().map_err(no_tls)?;
        Ok(Notifier { settings, head, secrets, client })
    }
}

pub(super) fn client() -> ClientBuilder {
    Client::builder()
        .connect_timeout(CONNECT_WITHIN)
        .redirect(redirect::Policy::custom(follow))
        .user_agent(concat!("watchpost/", env!("CARGO_PKG_VERSION")))
}

pub(super) fn no_tls(error: reqwest::Error) -> SendError {
    SendError::Later(format!("[notify] cannot be set up: {error}"))
}

/// The same request with the token, where there is one.
pub(super) fn authorized(
    request: RequestBuilder,
    url: &Url,
    token: Option<&Secret>,
    secrets: &Secrets,
) -> Result<RequestBuilder, SendError> {
    let Some(token) = token else { return Ok(request) };
    if url.scheme() != "https" && !is_loopback(url.host_str().unwrap_or_default()) {
        return Err(SendError::Later(
            "a token is never sent over http://; use https:// in `[notify] url`".into(),
        ));
    }
    Ok(request.bearer_auth(secrets(token).map_err(SendError::Later)?))
}

/// Only within the same server, and only where the POST stays a POST (307 and 308): anything else
/// would hand the message to strangers, or lose it.
fn follow(attempt: redirect::Attempt) -> redirect::Action {
    let keeps = matches!(attempt.status().as_u16(), 307 | 308);
    let first = attempt.previous().first().map(Url::origin);
    if keeps && first == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS {
        attempt.follow()
    } else {
        attempt.stop()
    }
}

#[async_trait]
impl Carrier for Notifier {
    async fn carry(&self, letter: &Letter) -> Result<(), SendError> {
        let url = Url::parse(&self.settings.url)
            .map_err(|error| SendError::Later(format!("`[notify] url` is no address ({error})")))?;
        let server = url.host_str().unwrap_or_default().to_owned();
        let text = text(letter, &self.head);
        // ntfy reads UTF-8 in headers.
        let title = HeaderValue::from_bytes(one_line(&letter.message.subject).as_bytes())
            .map_err(|error| SendError::Never(format!("the title cannot be sent: {error}")))?;
        let mut request = self
            .client
            .post(url.clone())
            .header("Title", title)
            .header("Content-Type", "text/plain; charset=utf-8")
            .body(cut(&text).to_owned());
        if let Channel::Ask { token, .. } = &letter.message.channel {
            let answers = answers::answers_url(&self.settings)?;
            request = request.header("Actions", answers::buttons(&answers, token));
            request = request.header("Tags", "question");
        }
        let token = self.settings.token.as_ref();
        let request = authorized(request, &url, token, &self.secrets)?;
        // The address may hold a topic that only its owner should know: it is not shown.
        let answer = request.send().await.map_err(|error| {
            let error = error.without_url();
            SendError::Later(format!("{server}: {}", root_cause(&error)))
        })?;
        judge(&server, answer.status())
    }
}

/// What stands below the title.
fn text(letter: &Letter, head: &Letterhead) -> String {
    let text = plain_text(&letter.message, letter.created, head);
    match &letter.message.channel {
        Channel::Ask { until, .. } => {
            let until = until.with_timezone(&head.timezone).format("%H:%M");
            format!("No answer by {until} is a no.\n\n{text}")
        }
        _ => text,
    }
}

pub(super) fn judge(server: &str, status: StatusCode) -> Result<(), SendError> {
    let text = format!("{server} answered {status}");
    match status.as_u16() {
        200..300 => Ok(()),
        300..400 => Err(SendError::Later(
            text + " and points elsewhere; put that address into `[notify] url`",
        )),
        401 | 403 => Err(SendError::Later(text + "; check `[notify] token`")),
        // It is the message that the server does not like.
        400 | 413 | 415 | 422 => Err(SendError::Never(text)),
        _ => Err(SendError::Later(text)),
    }
}

/// The beginning of a text, no longer than [`TEXT`] bytes.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT)]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        task::JoinHandle,
    };

    use super::*;
    use crate::{
        config::Secret,
        mail::post_office::{head, letter},
    };

    /// Answers the first request with `answer`, and gives back what was asked.
    async fn server(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/my-closet", listener.local_addr().unwrap());
        let request = crate::tasks::spawn(async move {
            let (mut visitor, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !String::from_utf8_lossy(&request).contains("on closet, ") {
                assert!(visitor.read_buf(&mut request).await.unwrap() > 0);
            }
            visitor
                .write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes())
                .await
                .unwrap();
            String::from_utf8(request).unwrap()
        });
        (url, request)
    }

    fn notifier(url: &str) -> Notifier {
        let token = Some(Secret { name: "ntfy".into() });
        let settings = NotifySettings { url: url.into(), token, answers: None };
        Notifier::new(settings, head(), Arc::new(|_| Ok("tk_1".into()))).unwrap()
    }

    #[tokio::test]
    async fn a_push_has_a_title_a_token_and_the_text() {
        let (url, request) = server("200 OK").await;
        let mut letter = letter("m1");
        letter.message.subject = "71 °C\r\nEvil: 1".into();
        notifier(&url).carry(&letter).await.unwrap();
        let request = request.await.unwrap();
        assert!(request.starts_with("POST /my-closet HTTP/1.1\r\n"));
        assert!(request.contains("title: 71 °C  Evil: 1\r\n"), "{request}");
        assert!(request.contains("authorization: Bearer tk_1\r\n"));
        assert!(request.contains("Why: closet/temperature 71.3 °C, above 70 °C"));
    }

    #[tokio::test]
    async fn a_redirect_to_another_server_is_not_followed() {
        let (url, _request) =
            server("307 Temporary Redirect\r\nlocation: http://127.0.0.2:9/").await;
        let error = notifier(&url).carry(&letter("m1")).await.unwrap_err();
        assert!(error.to_string().contains("points elsewhere"), "{error}");
    }

    #[tokio::test]
    async fn a_token_stays_off_plain_lines() {
        let error =
            notifier("http://ntfy.example.org/topic").carry(&letter("m1")).await.unwrap_err();
        assert!(error.to_string().contains("never sent over http://"), "{error}");
    }

    #[test]
    fn what_the_owner_can_mend_is_tried_again() {
        let never = |code| {
            let verdict = judge("s", StatusCode::from_u16(code).unwrap());
            matches!(verdict, Err(SendError::Never(_)))
        };
        assert!([400, 413].into_iter().all(never));
        assert!(![302, 401, 404, 429, 500].into_iter().any(never));
    }
}
