//! Watches: <https://www.home-assistant.io/integrations/button.mqtt/>.

use serde_json::json;

use super::{Described, Discovery, watch_entity};

/// A press fires the watch; what came of its last run stands in the attributes.
pub fn button(to: &Discovery, watch: &str) -> Described {
    to.describe(
        "button",
        &watch_entity(watch),
        watch,
        json!({
            "command_topic": to.topics.watch_command(watch),
            "payload_press": "PRESS",
            "json_attributes_topic": to.topics.watch(watch),
            "icon": "mdi:script-text-play",
        }),
    )
}
