//! What can be switched, and how a script's switch shows itself:
//! <https://www.home-assistant.io/integrations/switch.mqtt/>,
//! <https://www.home-assistant.io/integrations/light.mqtt/>,
//! <https://www.home-assistant.io/integrations/binary_sensor.mqtt/>.

use serde_json::json;

use super::{Described, Discovery, host_entity, switch_entity};

/// A host, up or down.
pub fn host(to: &Discovery, host: &str) -> Described {
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

/// A script's switch.
pub fn switch(to: &Discovery, name: &str) -> Described {
    to.describe(
        "switch",
        &switch_entity(name),
        name,
        json!({
            "state_topic": to.topics.switch(name),
            "command_topic": to.topics.switch_command(name),
            "payload_on": "ON",
            "payload_off": "OFF",
            "optimistic": false,
        }),
    )
}

/// A script's dimmer. One message says both that it is to be on and how bright.
pub fn light(to: &Discovery, name: &str) -> Described {
    to.describe(
        "light",
        &switch_entity(name),
        name,
        json!({
            "state_topic": to.topics.switch(name),
            "command_topic": to.topics.switch_command(name),
            "brightness_state_topic": to.topics.switch_brightness(name),
            "brightness_command_topic": to.topics.switch_command(name),
            "brightness_scale": 100,
            "on_command_type": "brightness",
            "payload_on": "ON",
            "payload_off": "OFF",
            "optimistic": false,
        }),
    )
}

/// A script's switch that only shows something.
pub fn contact(to: &Discovery, name: &str) -> Described {
    to.describe(
        "binary_sensor",
        &switch_entity(name),
        name,
        json!({
            "state_topic": to.topics.switch(name),
            "payload_on": "ON",
            "payload_off": "OFF",
        }),
    )
}
