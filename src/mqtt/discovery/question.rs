//! Questions: <https://www.home-assistant.io/integrations/sensor.mqtt/> shows what is asked now, and
//! two of <https://www.home-assistant.io/integrations/button.mqtt/> answer it.

use serde_json::json;

use super::{Described, Discovery, question_entities};

/// What is asked now, for a card and for automations; its state is `none` while nothing is.
pub fn question(to: &Discovery) -> Described {
    let [entity, ..] = question_entities();
    to.describe(
        "sensor",
        &entity,
        "Question",
        json!({
            "state_topic": to.topics.question(),
            // A state of Home Assistant has at most 255 characters.
            "value_template": "{{ (value_json.question or 'none')[:255] }}",
            "json_attributes_topic": to.topics.question(),
            "icon": "mdi:help-circle",
        }),
    )
}

/// Answers the question with this token, and no later one. Without a question there is no button to
/// press.
pub fn answer(to: &Discovery, yes: bool, answer: &str) -> Described {
    let [_, for_yes, for_no] = question_entities();
    let (entity, name, icon) = match yes {
        true => (for_yes, "Yes", "mdi:check"),
        false => (for_no, "No", "mdi:close"),
    };
    to.describe(
        "button",
        &entity,
        name,
        json!({
            "command_topic": to.topics.answer(),
            "payload_press": answer,
            "availability": [
                { "topic": to.topics.status() },
                {
                    "topic": to.topics.question(),
                    "value_template": "{{ 'online' if value_json.question else 'offline' }}",
                },
            ],
            "availability_mode": "all",
            "icon": icon,
        }),
    )
}
