//! Topics: how ours are named, and which of others' a filter means.
//!
//! Below `watchpost/SITE/` stand the sensors under their own names. Everything else begins with
//! an underscore, as no part of a sensor's name can.

use std::{borrow::Cow, fmt::Write};

/// The topics of one site.
#[derive(Clone, Debug, PartialEq)]
pub struct Topics {
    prefix: String,
    site: String,
}

/// A command that stands in a topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Switch this host.
    Host(String),
    /// Fire this watch.
    Watch(String),
    /// Ask this switch of a script.
    Switch(String),
}

impl Topics {
    pub fn new(prefix: &str, site: &str) -> Self {
        Topics { prefix: prefix.to_owned(), site: site.to_owned() }
    }

    pub fn site(&self) -> &str {
        &self.site
    }

    /// `online` or, by the last will, `offline`.
    pub fn status(&self) -> String {
        self.below("_status")
    }

    /// `normal`, or `safe` after a crash loop.
    pub fn mode(&self) -> String {
        self.below("_mode")
    }

    pub fn sensor(&self, name: &str) -> String {
        self.below(name)
    }

    /// `ON` or `OFF`.
    pub fn host(&self, name: &str) -> String {
        self.below(&format!("_host/{}", escape(name)))
    }

    /// Whether it is up, for other sites: they know it as a sensor, `site/name`.
    pub fn host_state(&self, name: &str) -> String {
        format!("{}/state", self.host(name))
    }

    pub fn host_command(&self, name: &str) -> String {
        format!("{}/set", self.host(name))
    }

    /// What came of a watch's last run.
    pub fn watch(&self, name: &str) -> String {
        self.below(&format!("_watch/{}", escape(name)))
    }

    pub fn watch_command(&self, name: &str) -> String {
        format!("{}/fire", self.watch(name))
    }

    /// A script's switch: `ON` or `OFF`.
    pub fn switch(&self, name: &str) -> String {
        self.below(&format!("_switch/{}", escape(name)))
    }

    /// How bright, in percent.
    pub fn switch_brightness(&self, name: &str) -> String {
        format!("{}/brightness", self.switch(name))
    }

    pub fn switch_command(&self, name: &str) -> String {
        format!("{}/set", self.switch(name))
    }

    /// A filter for all states of switches, and their commands.
    pub fn switches(&self) -> String {
        self.below("_switch/#")
    }

    /// The switch whose state, or brightness, is told on this topic.
    pub fn switch_of(&self, topic: &str) -> Option<String> {
        let rest = topic.strip_prefix(&self.below("_switch/"))?;
        match rest.split_once('/') {
            None => unescape(rest),
            Some((name, "brightness")) => unescape(name),
            Some(_) => None,
        }
    }

    /// The question that is asked now.
    pub fn question(&self) -> String {
        self.below("_ask")
    }

    /// Where it is answered.
    pub fn answer(&self) -> String {
        self.below("_ask/answer")
    }

    /// Filters for all commands.
    pub fn commands(&self) -> [String; 3] {
        [self.below("_host/+/set"), self.below("_watch/+/fire"), self.below("_switch/+/set")]
    }

    /// A filter for every sensor of every site.
    pub fn of_everyone(&self) -> String {
        format!("{}/#", self.prefix)
    }

    /// What is commanded by a message on this topic.
    pub fn command(&self, topic: &str) -> Option<Command> {
        let own = self.below("");
        let (kind, rest) = topic.strip_prefix(&own)?.split_once('/')?;
        match (kind, rest.split_once('/')?) {
            ("_host", (name, "set")) => Some(Command::Host(unescape(name)?)),
            ("_watch", (name, "fire")) => Some(Command::Watch(unescape(name)?)),
            ("_switch", (name, "set")) => Some(Command::Switch(unescape(name)?)),
            _ => None,
        }
    }

    /// The sensor, or the host, of another site that speaks on this topic, as `site/name`.
    pub fn peer_sensor<'t>(&self, topic: &'t str) -> Option<Cow<'t, str>> {
        let below = topic.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        let (site, rest) = below.split_once('/')?;
        if site == self.site || !is_name(site) {
            return None;
        }
        if let Some(host) = rest.strip_prefix("_host/").and_then(|it| it.strip_suffix("/state")) {
            let host = unescape(host).filter(|name| is_name(name))?;
            return Some(format!("{site}/{host}").into());
        }
        rest.split('/').all(is_name).then_some(below.into())
    }

    fn below(&self, rest: &str) -> String {
        format!("{}/{}/{rest}", self.prefix, self.site)
    }
}

/// As the site file allows names.
fn is_name(part: &str) -> bool {
    part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}

/// Any text as one level of a topic that every broker takes: what is not a letter, a digit, `-` or
/// `_` is written as `%` and two hexadecimal digits a byte.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// The text that was escaped; `None` for what [`escape`] never makes.
pub fn unescape(level: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(level.len());
    let mut rest = level.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Whether a filter (`+` for one level, `#` at the end for any) means this topic; MQTT 3.1.1,
/// section 4.7. Topics that begin with `$` are not meant by a wildcard at the beginning.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Whether everything that `narrow` means is meant by `wide`, too.
pub fn covers(wide: &str, narrow: &str) -> bool {
    let mut levels = narrow.split('/');
    for part in wide.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(level)) if level != "#" => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Why this cannot be a filter; MQTT 3.1.1, section 4.7.1.
pub fn filter_mistake(filter: &str) -> Option<&'static str> {
    let parts: Vec<&str> = filter.split('/').collect();
    let last = parts.len() - 1;
    if filter.is_empty() || filter.contains('\0') || filter.len() > LONGEST {
        return Some("a topic has from 1 to 65535 bytes, none of them zero");
    }
    for (index, part) in parts.iter().enumerate() {
        if part.contains('#') && (*part != "#" || index != last) {
            return Some("`#` stands alone, as the last level");
        }
        if part.contains('+') && *part != "+" {
            return Some("`+` stands alone in its level");
        }
    }
    None
}

/// Why nothing can be published under this topic.
pub fn topic_mistake(topic: &str) -> Option<&'static str> {
    if topic.contains(['+', '#']) {
        return Some("a topic to publish on has no wildcard");
    }
    filter_mistake(topic)
}

const LONGEST: usize = 65_535;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn filters_mean_what_the_standard_says() {
        for (filter, topic, meant) in [
            ("sport/tennis/#", "sport/tennis", true),
            ("sport/tennis/#", "sport/tennis/player1/ranking", true),
            ("#", "a/b", true),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/broker", false),
            ("$SYS/#", "$SYS/broker", true),
            ("topic/+/x", "topic/a/x", true),
            ("topic/+/x", "topic/a/b/x", false),
        ] {
            assert_eq!(matches(filter, topic), meant, "{filter} {topic}");
        }
    }

    #[test]
    fn wildcards_stand_alone() {
        for (filter, good) in [
            ("a/+/b", true),
            ("#", true),
            ("a/#/b", false),
            ("a+", false),
            ("a#", false),
            ("", false),
        ] {
            assert_eq!(filter_mistake(filter).is_none(), good, "{filter}");
        }
        assert!(topic_mistake("a/+").is_some());
    }

    #[test]
    fn only_commands_to_this_site_are_obeyed() {
        let topics = Topics::new("watchpost", "closet");
        let own = topics.host_command("big iron");
        assert_eq!(own, "watchpost/closet/_host/big%20iron/set");
        assert_eq!(topics.command(&own), Some(Command::Host("big iron".into())));
        let fire = topics.watch_command("closet-heat");
        assert_eq!(topics.command(&fire), Some(Command::Watch("closet-heat".into())));
        for other in [
            "watchpost/attic/_host/foo/set",
            "watchpost/closet/_host/foo",
            "watchpost/closet/_host/foo/bar/set",
            "watchpost/closet/_host/%FF/set",
            "watchpost/closet/temperature",
        ] {
            assert_eq!(topics.command(other), None, "{other}");
        }
    }

    #[test]
    fn other_sites_sensors_are_known_by_their_topics() {
        let topics = Topics::new("watchpost", "closet");
        let peer = topics.peer_sensor("watchpost/attic-pi/attic/temperature");
        assert_eq!(peer.as_deref(), Some("attic-pi/attic/temperature"));
        let host = topics.peer_sensor("watchpost/attic-pi/_host/nas%2E1/state");
        assert_eq!(host.as_deref(), Some("attic-pi/nas.1"));
        for other in [
            "watchpost/closet/closet/temperature",
            "watchpost/attic-pi/_status",
            "watchpost/attic-pi/_host/nas",
            "watchpost/attic-pi/_host/nas/set",
            "watchpost/closet/_host/nas/state",
            "watchpost/attic-pi",
            "watchpost/attic-pi/a//b",
            "elsewhere/attic-pi/a",
        ] {
            assert_eq!(topics.peer_sensor(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_undone_and_makes_one_plain_level(text in "\\PC*") {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(['/', '+', '#', '.', ' ']));
            prop_assert_eq!(unescape(&escaped), Some(text));
        }

        #[test]
        fn a_covering_filter_means_all_that_the_other_means(
            wide in "([ab+]/){0,3}[ab+#]", narrow in "([ab+]/){0,3}[ab+#]", topic in "([ab]/){0,3}[ab]",
        ) {
            if covers(&wide, &narrow) && matches(&narrow, &topic) {
                prop_assert!(matches(&wide, &topic));
            }
        }
    }
}
