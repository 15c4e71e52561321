//! The known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), read as text.

use openssl::{base64, hash::MessageDigest, memcmp, pkey::PKey, sign::Signer};

use super::HostKey;

/// The lines of a known_hosts file that could be understood.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    hosts: Hosts,
    key: HostKey,
    revoked: bool,
}

#[derive(Clone, Debug)]
enum Hosts {
    /// `*.lan,!printer.lan`
    Patterns(Vec<String>),
    /// `|1|salt|hash`, an HMAC-SHA1 of the name.
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
}

/// What the file says about the key that a host showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known,
    /// Nothing is known of this host.
    Unknown,
    /// It is known by these other keys.
    Changed(Vec<HostKey>),
    /// The owner has marked this very key `@revoked`.
    Revoked,
}

impl KnownHosts {
    /// Lines that are no entries are passed over, as OpenSSH does. `@cert-authority` lines are
    /// too: host certificates are not spoken here.
    pub fn parse(text: &str) -> Self {
        KnownHosts { entries: text.lines().filter_map(Entry::parse).collect() }
    }

    /// The keys by which this host is known.
    pub fn keys_of(&self, address: &str, port: u16) -> Vec<&HostKey> {
        let name = name(address, port);
        let entries = self.entries.iter().filter(|entry| !entry.revoked);
        entries.filter(|entry| entry.hosts.include(&name)).map(|entry| &entry.key).collect()
    }

    pub fn verdict(&self, address: &str, port: u16, shown: &HostKey) -> Verdict {
        let name = name(address, port);
        let revoked = |e: &Entry| e.revoked && e.key == *shown && e.hosts.include(&name);
        if self.entries.iter().any(revoked) {
            return Verdict::Revoked;
        }
        let known = self.keys_of(address, port);
        if known.contains(&shown) {
            Verdict::Known
        } else if known.is_empty() {
            Verdict::Unknown
        } else {
            Verdict::Changed(known.into_iter().cloned().collect())
        }
    }

    /// The `supported` signature methods, those for the kinds of key by which the host is known
    /// first. Otherwise a server that prefers ed25519 looks changed where only its RSA key is
    /// known. The others follow, so that a host that is really changed still shows what it has.
    pub fn preferred_methods(&self, address: &str, port: u16, supported: &[&str]) -> String {
        let known = self.keys_of(address, port);
        let is_known = |method: &&str| {
            known.iter().any(|key| match key.kind() {
                // RFC 8332: one kind of key, three ways to sign.
                "ssh-rsa" => ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"].contains(method),
                kind => kind == *method,
            })
        };
        let (mut methods, others): (Vec<&str>, Vec<&str>) =
            supported.iter().partition(|m| is_known(m));
        methods.extend(others);
        methods.join(",")
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let first = words.next().filter(|word| !word.starts_with('#'))?;
        let (revoked, hosts) = match first {
            "@revoked" => (true, words.next()?),
            marker if marker.starts_with('@') => return None,
            hosts => (false, hosts),
        };
        let (kind, key) = (words.next()?, HostKey::from_base64(words.next()?)?);
        (key.kind() == kind).then_some(())?;
        Some(Entry { hosts: Hosts::parse(hosts)?, key, revoked })
    }
}

impl Hosts {
    fn parse(text: &str) -> Option<Self> {
        let Some(hashed) = text.strip_prefix("|1|") else {
            return Some(Hosts::Patterns(text.split(',').map(str::to_ascii_lowercase).collect()));
        };
        let (salt, hash) = hashed.split_once('|')?;
        let decode = |text| base64::decode_block(text).ok();
        Some(Hosts::Hashed { salt: decode(salt)?, hash: decode(hash)? })
    }

    fn include(&self, name: &str) -> bool {
        match self {
            Hosts::Hashed { salt, hash } => hmac_sha1(salt, name.as_bytes())
                .is_some_and(|own| own.len() == hash.len() && memcmp::eq(&own, hash)),
            Hosts::Patterns(patterns) => {
                let (not, yes): (Vec<_>, Vec<_>) =
                    patterns.iter().partition(|p| p.starts_with('!'));
                yes.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
                    && !not.iter().any(|pattern| matches(&pattern.as_bytes()[1..], name.as_bytes()))
            }
        }
    }
}

/// `None` when OpenSSL cannot do it, as for an empty salt.
fn hmac_sha1(salt: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let key = PKey::hmac(salt).ok()?;
    Signer::new(MessageDigest::sha1(), &key).ok()?.sign_oneshot_to_vec(text).ok()
}

/// Whether a pattern with `*` and `?` covers the whole name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, name) || name.split_first().is_some_and(|(_, n)| matches(pattern, n))
        }
        (Some((b'?', rest)), Some((_, name))) => matches(rest, name),
        (Some((one, rest)), Some((other, name))) => one == other && matches(rest, name),
        _ => false,
    }
}

/// How a host stands in the file: with its port in brackets unless that is 22.
fn name(address: &str, port: u16) -> String {
    let address = address.to_ascii_lowercase();
    if port == 22 { address } else { format!("[{address}]:{port}") }
}

/// The line that makes a key known.
pub fn entry_line(address: &str, port: u16, key: &HostKey) -> String {
    format!("{} {} {}\n", name(address, port), key.kind(), key.to_base64())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(kind: &str, rest: &[u8]) -> HostKey {
        let mut blob = (kind.len() as u32).to_be_bytes().to_vec();
        blob.extend_from_slice(kind.as_bytes());
        blob.extend_from_slice(rest);
        HostKey::from_blob(blob).expect("a key")
    }

    fn line(hosts: &str, key: &HostKey) -> String {
        format!("{hosts} {} {}\n", key.kind(), key.to_base64())
    }

    #[test]
    fn the_port_is_part_of_the_name() {
        let shown = key("ssh-ed25519", b"one");
        let known = KnownHosts::parse(&entry_line("Plex.lan", 2222, &shown));
        assert_eq!(known.verdict("plex.LAN", 2222, &shown), Verdict::Known);
        assert_eq!(known.verdict("plex.lan", 22, &shown), Verdict::Unknown);
    }

    #[test]
    fn patterns_include_and_exclude() {
        let shown = key("ssh-ed25519", b"one");
        let known = KnownHosts::parse(&line("*.lan,10.0.0.?,!printer.lan", &shown));
        for (host, verdict) in [
            ("plex.lan", Verdict::Known),
            ("10.0.0.7", Verdict::Known),
            ("10.0.0.77", Verdict::Unknown),
            ("printer.lan", Verdict::Unknown),
        ] {
            assert_eq!(known.verdict(host, 22, &shown), verdict, "{host}");
        }
    }

    #[test]
    fn another_key_is_a_change_and_a_revoked_one_is_said_to_be() {
        let (old, new) = (key("ssh-ed25519", b"old"), key("ssh-ed25519", b"new"));
        let known = KnownHosts::parse(&line("foo", &old));
        assert_eq!(known.verdict("foo", 22, &new), Verdict::Changed(vec![old.clone()]));
        let known = KnownHosts::parse(&(line("foo", &old) + &line("@revoked *", &old)));
        assert_eq!(known.verdict("foo", 22, &old), Verdict::Revoked);
    }

    #[test]
    fn a_known_rsa_key_is_asked_for_first() {
        let known = KnownHosts::parse(&line("foo", &key("ssh-rsa", b"k")));
        let supported = ["ssh-ed25519", "rsa-sha2-512", "ssh-rsa"];
        let order = |host| known.preferred_methods(host, 22, &supported);
        assert_eq!(order("foo"), "rsa-sha2-512,ssh-rsa,ssh-ed25519");
        assert_eq!(order("bar"), "ssh-ed25519,rsa-sha2-512,ssh-rsa");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,300}") {
            KnownHosts::parse(&text).verdict("foo", 22, &key("ssh-rsa", b"k"));
        }

        #[test]
        fn what_is_written_is_read(address in "[a-z0-9.:-]{1,30}", port: u16, rest: [u8; 32]) {
            let shown = key("ssh-ed25519", &rest);
            let known = KnownHosts::parse(&entry_line(&address, port, &shown));
            prop_assert_eq!(known.verdict(&address, port, &shown), Verdict::Known);
        }
    }
}
