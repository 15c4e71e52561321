//! Sensors: <https://www.home-assistant.io/integrations/sensor.mqtt/> for numbers,
//! <https://www.home-assistant.io/integrations/binary_sensor.mqtt/> for contacts.

use std::time::Duration;

use serde_json::json;

use super::{Described, Discovery, sensor_entity};
use crate::sensor::{Reading, Value};

/// Describes the sensor of a reading; without a new one for `max_age` its state is unknown.
pub fn sensor(to: &Discovery, reading: &Reading, max_age: Duration) -> Described {
    let name = &*reading.sensor;
    let entity = sensor_entity(name);
    let state_topic = to.topics.sensor(name);
    let expire_after = max_age.as_secs().max(1);
    match reading.value {
        Value::Switch(_) => to.describe(
            "binary_sensor",
            &entity,
            name,
            json!({
                "state_topic": state_topic,
                "value_template": "{{ 'ON' if value_json.value else 'OFF' }}",
                "expire_after": expire_after,
            }),
        ),
        Value::Number(_) => {
            let class = device_class(name, &reading.unit);
            let counts_up = class == Some("energy");
            to.describe(
                "sensor",
                &entity,
                name,
                json!({
                    "state_topic": state_topic,
                    "value_template": "{{ value_json.value }}",
                    "unit_of_measurement": (!reading.unit.is_empty()).then_some(&*reading.unit),
                    "device_class": class,
                    "state_class": if counts_up { "total_increasing" } else { "measurement" },
                    "expire_after": expire_after,
                }),
            )
        }
    }
}

/// What is measured, as far as the unit, and where several things share one, the name tells. A
/// class goes only with the units that Home Assistant allows for it
/// (<https://developers.home-assistant.io/docs/core/entity/sensor/#available-device-classes>).
fn device_class(name: &str, unit: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| name.contains(word));
    Some(match unit {
        "°C" | "°F" | "K" => "temperature",
        "W" | "kW" => "power",
        "V" | "mV" => "voltage",
        "A" | "mA" => "current",
        "Wh" | "kWh" | "MWh" => "energy",
        "VA" => "apparent_power",
        "Hz" | "kHz" | "MHz" | "GHz" => "frequency",
        "Pa" | "hPa" | "kPa" | "mbar" | "bar" | "psi" => "pressure",
        "lx" => "illuminance",
        "W/m²" => "irradiance",
        "%" if named(&["humid"]) => "humidity",
        "%" if named(&["batter", "charge"]) => "battery",
        "%" if named(&["moist"]) => "moisture",
        "ppm" if named(&["co2", "co₂"]) => "carbon_dioxide",
        "dB" | "dBm" if named(&["rssi", "signal"]) => "signal_strength",
        "dB" => "sound_pressure",
        "mm" | "cm" | "m" | "km" => "distance",
        "s" | "min" | "h" | "d" => "duration",
        "g" | "kg" => "weight",
        _ => return None,
    })
}
