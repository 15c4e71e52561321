//! `[mail]`.

use lettre::message::Mailbox;
use toml::Spanned;

use super::{
    Reader,
    web_address::{is_loopback, web_address},
};
use crate::config::{MailSettings, field::Field, section::Section};

impl Reader<'_> {
    pub(super) fn mail(&self, root: &Section<'_>) -> Option<MailSettings> {
        let section = root.section("mail", "[mail]");
        let url = section.required("url", "url = \"smtps://mail.example.org\"");
        let user = section.field("user").and_then(|field| field.text()).map(str::to_owned);
        let password = section.field("password");
        if let (Some(field), None) = (&password, section.field("user")) {
            field.wrong("a password is of no use without `user`", "no `user`", None);
        }
        let url = url.and_then(|url| server(&url, password.is_some()));
        let password = password.and_then(|field| field.secret());
        let ca = self.path(section.field("ca"));
        let from = section.required("from", "from = \"closet@example.org\"");
        let from = from.and_then(|field| {
            let text = Spanned::new(field.span(), field.text()?);
            mailbox(&field, &text)
        });
        let to = section.required("to", "to = [\"me@example.org\"]");
        let to = to.map(|field| receivers(&field));
        section.finish();
        Some(MailSettings { url: url?, ca, user, password, from: from?, to: to? })
    }
}

/// TLS is never optional on the way to another machine, so nothing in the address can turn it off.
fn server(field: &Field<'_>, has_password: bool) -> Option<String> {
    let url = web_address(field, &["smtps", "smtp"], "smtps://mail.example.org")?;
    if url.query().is_none() && matches!(url.path(), "" | "/") {
        return Some(field.text()?.trim_end_matches('/').to_owned());
    }
    let asks_for_plain = url.query_pairs().any(|(key, value)| key == "tls" && value != "required");
    if asks_for_plain && has_password && !is_loopback(&url) {
        field.wrong(
            "the password would cross the network for all to read",
            "plain SMTP to another machine",
            "smtps:// is TLS from the start, smtp:// requires STARTTLS".to_owned(),
        );
    } else {
        field.wrong(
            "the address of a mail server ends with its host and port",
            "nothing may follow them",
            "for example: url = \"smtps://mail.example.org:465\"".to_owned(),
        );
    }
    None
}

fn receivers(field: &Field<'_>) -> Vec<String> {
    let texts = field.texts().unwrap_or_default();
    if texts.is_empty() && field.value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        field.wrong("nobody would get the mail", "no address", None);
    }
    texts.iter().filter_map(|text| mailbox(field, text)).collect()
}

fn mailbox(field: &Field<'_>, text: &Spanned<&str>) -> Option<String> {
    match text.get_ref().parse::<Mailbox>() {
        Ok(_) => Some(text.get_ref().to_string()),
        Err(_) => {
            field.mistakes.error(
                text.span(),
                format!("`{}` is not a mail address", text.get_ref()),
                "a name, an `@`, and a domain",
                "\"me@example.org\" or \"Me <me@example.org>\"".to_owned(),
            );
            None
        }
    }
}
