//! Addresses with a scheme, `smtps://…` and `https://…`: what may stand in them.

use reqwest::Url;

use crate::config::field::Field;

/// Reads an address of one of the schemes, with a host and without a password in it.
pub(super) fn web_address(field: &Field<'_>, schemes: &[&str], example: &str) -> Option<Url> {
    let text = field.text()?;
    let wrong = |message: String, label: &str| {
        field.wrong(message, label, format!("for example: {} = \"{example}\"", field.key));
        None
    };
    let Ok(url) = Url::parse(text) else {
        return wrong(format!("`{}` is not an address", field.key), "cannot be read");
    };
    if !schemes.contains(&url.scheme()) {
        let message = format!("`{}` cannot begin with {}:", field.key, url.scheme());
        return wrong(message, &format!("must begin with {}", schemes.join(":// or ") + "://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return wrong(format!("`{}` names no host", field.key), "no host in it");
    }
    if url.password().is_some() || !url.username().is_empty() {
        field.wrong(
            format!("a secret stands in the file, in `{}`", field.key),
            "anyone who reads the file knows it",
            "leave it out of the address; `user`, `password` and `token` are keys".to_owned(),
        );
        return None;
    }
    Some(url)
}

/// Whether the address stays on this machine, so that nobody on the way can listen.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        let loopback = |text| is_loopback(&Url::parse(text).expect("an address"));
        for text in
            ["smtp://127.0.0.1:25", "smtp://[::1]", "http://localhost/x", "http://127.9.9.9"]
        {
            assert!(loopback(text), "{text}");
        }
        for text in ["smtp://127.0.0.1.example.org", "http://10.0.0.1", "smtp://localhost.evil"] {
            assert!(!loopback(text), "{text}");
        }
    }
}
