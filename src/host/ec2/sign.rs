//! Signature Version 4
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>), for what the query API
//! needs: a POST to `/` whose parameters stand in the body.

use chrono::{DateTime, Utc};
use openssl::sha::{Sha256, sha256};

use super::credentials::Keys;

pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// SHA-256 takes blocks of this size (FIPS 180-4).
const BLOCK: usize = 64;

/// What is signed, beside the keys.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'s> {
    /// As it stands in the `Host` header: with the port, where that is not the usual one.
    pub host: &'s str,
    pub region: &'s str,
    pub service: &'s str,
    pub body: &'s str,
    pub at: DateTime<Utc>,
}

impl Signing<'_> {
    /// The headers that a request needs beside `Host` and `Content-Type`.
    pub fn headers(&self, keys: &Keys) -> Vec<(&'static str, String)> {
        let stamp = self.at.format("%Y%m%dT%H%M%SZ").to_string();
        let mut signed = vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            ("host", self.host.to_owned()),
            ("x-amz-date", stamp.clone()),
        ];
        // In the order of the alphabet, as they are signed.
        signed.extend(keys.session_token.clone().map(|token| ("x-amz-security-token", token)));
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String =
            signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let body = hex(&sha256(self.body.as_bytes()));
        let canonical = format!("POST\n/\n\n{lines}\n{names}\n{body}");

        let day = &stamp[..8];
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let canonical = hex(&sha256(canonical.as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let first = format!("AWS4{}", keys.secret_key);
        let key = [day, self.region, self.service, "aws4_request"]
            .iter()
            .fold(first.into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec());
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
            keys.access_key
        );
        let mut headers = vec![("x-amz-date", stamp), ("authorization", authorization)];
        headers.extend(keys.session_token.clone().map(|token| ("x-amz-security-token", token)));
        headers
    }
}

/// RFC 2104.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    match key.len() {
        0..=BLOCK => block[..key.len()].copy_from_slice(key),
        _ => block[..32].copy_from_slice(&sha256(key)),
    }
    let keyed = |pad: u8, message: &[u8]| {
        let mut hash = Sha256::new();
        hash.update(&block.map(|byte| byte ^ pad));
        hash.update(message);
        hash.finish()
    };
    keyed(0x5c, &keyed(0x36, message))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let short = hmac(b"Jefe", b"what do ya want for nothing?");
        assert!(hex(&short).starts_with("5bdcc146bf60754e6a042426089575c7"));
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert!(hex(&long).starts_with("60e431591ee0b67f0d8a26aacbf5b77f"));
    }

    /// Recorded from botocore, whose own signatures the end-to-end tests ask for anew.
    #[test]
    fn signatures_are_botocores() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("vectors.json")).unwrap();
        assert!(vectors.len() > 3);
        for vector in vectors {
            let text = |key: &str| vector[key].as_str().unwrap_or_default();
            let keys = Keys {
                access_key: text("access_key").into(),
                secret_key: text("secret_key").into(),
                session_token: vector["token"].as_str().map(str::to_owned),
                expires: None,
            };
            let signing = Signing {
                host: text("host"),
                region: text("region"),
                service: "ec2",
                body: text("body"),
                at: text("at").parse().unwrap(),
            };
            let headers = signing.headers(&keys);
            let authorization = headers.iter().find(|(name, _)| *name == "authorization");
            assert_eq!(authorization.unwrap().1, text("authorization"), "{}", text("body"));
        }
    }
}
