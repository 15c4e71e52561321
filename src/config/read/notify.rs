//! `[notify]`.

use reqwest::Url;

use super::{
    Reader,
    web_address::{is_loopback, web_address},
};
use crate::config::{NotifySettings, section::Section};

impl Reader<'_> {
    pub(super) fn notify(&self, root: &Section<'_>) -> Option<NotifySettings> {
        const EXAMPLE: &str = "https://ntfy.sh/my-closet";
        let section = root.section("notify", "[notify]");
        let field = section.required("url", "url = \"https://ntfy.sh/my-closet\"");
        let url = field.as_ref().and_then(|field| web_address(field, &["https", "http"], EXAMPLE));
        let answers_field = section.field("answers");
        let answers = answers_field.as_ref().and_then(|field| {
            web_address(field, &["https", "http"], "https://ntfy.sh/my-closet-answers")
        });
        let token = section.field("token");
        let open = |url: &Url| url.scheme() == "http" && !is_loopback(url);
        for (field, url) in [(&field, &url), (&answers_field, &answers)] {
            if let (Some(field), Some(url), Some(_)) = (field, url, &token)
                && open(url)
            {
                field.wrong(
                    "the token would cross the network for all to read",
                    "not encrypted",
                    "begin with https://".to_owned(),
                );
            }
        }
        let token = token.and_then(|field| field.secret());
        section.finish();
        let answers = answers.map(|url| url.to_string());
        Some(NotifySettings { url: url?.to_string(), token, answers })
    }
}
