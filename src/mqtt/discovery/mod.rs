//! What Home Assistant is told, so that it shows everything without being set up: one retained
//! description an entity, as <https://www.home-assistant.io/integrations/mqtt/> documents them.

mod button;
mod question;
mod sensor;
mod switch;

use serde_json::{Value as Json, json};

use super::topic::{Topics, escape};

pub use self::{
    button::button,
    question::{answer, question},
    sensor::sensor,
    switch::{contact, host, light, switch},
};

/// Where Home Assistant looks, and on whose behalf it is told.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// Usually `homeassistant`.
    pub prefix: String,
    pub topics: Topics,
}

/// A topic and what it is to say.
pub type Described = (String, Vec<u8>);

impl Discovery {
    /// Home Assistant says `online` here when it has started.
    pub fn birth(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// The descriptions that this site has ever given.
    pub fn own(&self) -> String {
        format!("{}/+/{}/+/config", self.prefix, self.node())
    }

    /// The entity's id in a topic of [`Discovery::own`].
    pub fn entity<'t>(&self, topic: &'t str) -> Option<&'t str> {
        topic.strip_suffix("/config")?.rsplit('/').next()
    }

    fn node(&self) -> String {
        id(&format!("watchpost-{}", self.topics.site()))
    }

    /// `fields` are what is particular to the entity; who speaks, and whether it still does, is the
    /// same for all.
    fn describe(&self, component: &str, entity: &str, name: &str, fields: Json) -> Described {
        let (node, site) = (self.node(), self.topics.site());
        let topic = format!("{}/{component}/{node}/{entity}/config", self.prefix);
        let mut payload = json!({
            "name": name,
            "unique_id": format!("{node}_{entity}"),
            "object_id": format!("{}_{entity}", id(site)),
            "availability_topic": self.topics.status(),
            "qos": 1,
            "device": {
                "identifiers": [node],
                "name": site,
                "manufacturer": "Watchpost",
                "sw_version": env!("CARGO_PKG_VERSION"),
            },
            "origin": { "name": "Watchpost", "sw_version": env!("CARGO_PKG_VERSION") },
        });
        if let (Json::Object(payload), Json::Object(fields)) = (&mut payload, fields) {
            if fields.contains_key("availability") {
                payload.remove("availability_topic");
            }
            payload.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        }
        (topic, payload.to_string().into_bytes())
    }
}

/// The id of a sensor's entity.
pub fn sensor_entity(name: &str) -> String {
    id(name)
}

pub fn host_entity(name: &str) -> String {
    id(&format!("host-{name}"))
}

pub fn switch_entity(name: &str) -> String {
    id(&format!("switch-{name}"))
}

pub fn watch_entity(name: &str) -> String {
    id(&format!("watch-{name}"))
}

/// The entities with which people are asked: the question, and its two answers.
pub fn question_entities() -> [String; 3] {
    ["ask", "ask-yes", "ask-no"].map(|name| format!("-{name}"))
}

/// Ids have letters, digits, `_` and `-`. Two names never share one.
fn id(name: &str) -> String {
    escape(&name.replace('_', "__").replace('/', "_")).replace('%', "_-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_as_names_do() {
        let names = ["closet/heat", "closet_heat", "closet-heat", "closet.heat", "closet_-2Eheat"];
        let mut ids: Vec<_> = names.map(sensor_entity).to_vec();
        assert!(
            ids.iter()
                .flat_map(|id| id.chars())
                .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        );
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), names.len(), "{ids:?}");
    }
}
