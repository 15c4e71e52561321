//! Hosts: <https://www.home-assistant.io/integrations/switch.mqtt/>.

use serde_json::json;

use super::{Described, Discovery, host_entity};

pub fn switch(to: &Discovery, host: &str) -> Described {
    to.describe(
        "switch",
        &host_entity(host),
        host,
        json!({
            "state_topic": to.topics.host(host),
            "command_topic": to.topics.host_command(host),
            "payload_on": "ON",
            "payload_off": "OFF",
            "optimistic": false,
            "icon": "mdi:server",
        }),
    )
}
