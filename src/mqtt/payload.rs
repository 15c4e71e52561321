//! Payloads: how a reading is written, and how values of others are found.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{sensor::Value, store::Numbered};

/// A reading as it is published: `{"value":21.5,"unit":"°C","at":"2026-06-01T12:00:00.250Z","seq":7}`.
pub fn of_reading(numbered: &Numbered) -> Vec<u8> {
    #[derive(Serialize)]
    struct Payload<'r> {
        value: Value,
        #[serde(skip_serializing_if = "str::is_empty")]
        unit: &'r str,
        at: String,
        seq: u64,
    }
    let Numbered { seq, reading } = numbered;
    let at = reading.at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let payload = Payload { value: reading.value, unit: &reading.unit, at, seq: *seq };
    // Numbers, which are finite, and text: there is nothing that JSON cannot say.
    serde_json::to_vec(&payload).unwrap_or_default()
}

/// Whether a host is up, as other sites read it: `{"value":true,"at":"2026-06-01T12:00:00.250Z"}`.
pub fn of_host(up: bool, at: DateTime<Utc>) -> Vec<u8> {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    serde_json::json!({ "value": up, "at": at }).to_string().into_bytes()
}

/// What a payload says about a sensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub value: Value,
    pub unit: Option<String>,
    /// When it was measured, if the payload says so.
    pub at: Option<DateTime<Utc>>,
    /// Watchpost's number: what was heard already has no higher one.
    pub seq: Option<u64>,
}

/// Finds the value that stands at `pointer` (RFC 6901; empty for the payload itself), with the time
/// that stands beside it: Watchpost's `at`, Zigbee2MQTT's `last_seen`, Tasmota's `Time` at the
/// top. ESPHome sends the bare value.
///
/// # Errors
/// Why there is none.
pub fn hear(payload: &[u8], pointer: &str) -> Result<Heard, String> {
    let text = std::str::from_utf8(payload).map_err(|_| "it is not text in UTF-8".to_owned())?;
    let json: Json = match serde_json::from_str(text.trim()) {
        Ok(json) => json,
        // `ON`, `online`, `open`: words without quotes.
        Err(_) if pointer.is_empty() && text.len() <= 16 => Json::String(text.trim().to_owned()),
        Err(error) => return Err(format!("it is not JSON: {error}")),
    };
    let found = json.pointer(pointer).ok_or_else(|| format!("there is nothing at {pointer:?}"))?;
    let (found, unit) = match found {
        // Watchpost's own shape needs no pointer.
        Json::Object(fields) if fields.contains_key("value") => {
            (&fields["value"], fields.get("unit").and_then(Json::as_str).map(str::to_owned))
        }
        other => (other, None),
    };
    Ok(Heard {
        value: value(found)?,
        unit,
        at: ["at", "last_seen", "Time"].iter().find_map(|key| moment(json.get(key)?)),
        seq: json.get("seq").and_then(Json::as_u64),
    })
}

fn value(found: &Json) -> Result<Value, String> {
    match found {
        Json::Bool(on) => Ok(Value::Switch(*on)),
        Json::Number(number) => {
            number.as_f64().map(Value::Number).ok_or_else(|| "too large".into())
        }
        Json::String(text) => word(text).ok_or_else(|| format!("{text:?} is no value")),
        Json::Null => Err("the value is null".into()),
        Json::Array(_) | Json::Object(_) => {
            Err("there is no single value there; name it with `pointer`".into())
        }
    }
}

/// Numbers in quotes, and the words that switches and contacts use.
fn word(text: &str) -> Option<Value> {
    match text.trim().to_ascii_lowercase().as_str() {
        "on" | "true" | "open" | "online" => Some(Value::Switch(true)),
        "off" | "false" | "closed" | "offline" => Some(Value::Switch(false)),
        other => other.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number),
    }
}

/// A moment with its zone: text as in RFC 3339, or milliseconds since 1970. Without a zone (Tasmota
/// as it comes) it could be hours off, and is none.
fn moment(json: &Json) -> Option<DateTime<Utc>> {
    match json {
        Json::String(text) => DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()),
        Json::Number(millis) => DateTime::from_timestamp_millis(millis.as_i64()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sensor::Reading;

    fn heard(payload: &str, pointer: &str) -> Heard {
        hear(payload.as_bytes(), pointer).expect("a value")
    }

    #[test]
    fn the_neighbours_are_understood() {
        let at = "2026-06-01T12:00:00Z".parse().ok();
        for (payload, pointer, value, time) in [
            // Watchpost
            (r#"{"value":21.5,"unit":"°C","at":"2026-06-01T12:00:00.000Z","seq":7}"#, "", 21.5, at),
            // Zigbee2MQTT, with last_seen as ISO 8601 and as epoch
            (
                r#"{"battery":91,"humidity":44.1,"last_seen":"2026-06-01T14:00:00+02:00","temperature":20.3}"#,
                "/temperature",
                20.3,
                at,
            ),
            (r#"{"last_seen":1780315200000,"temperature":20.3}"#, "/temperature", 20.3, at),
            // Tasmota: its time has no zone
            (
                r#"{"Time":"2026-06-01T12:00:00","AM2301":{"Temperature":19.0,"Humidity":50.2},"TempUnit":"C"}"#,
                "/AM2301/Temperature",
                19.0,
                None,
            ),
            // ESPHome
            ("23.75", "", 23.75, None),
            ("\"17\"", "", 17.0, None),
        ] {
            let heard = heard(payload, pointer);
            assert_eq!((heard.value, heard.at), (Value::Number(value), time), "{payload}");
        }
        assert_eq!(heard(r#"{"value":true,"seq":3}"#, "").value, Value::Switch(true));
        assert_eq!(heard("ON", "").value, Value::Switch(true));
        assert_eq!(heard(r#"{"POWER":"OFF"}"#, "/POWER").value, Value::Switch(false));
        assert_eq!(heard(r#"{"contact":true}"#, "/contact").value, Value::Switch(true));
    }

    #[test]
    fn what_is_no_value_says_why() {
        for (payload, pointer, why) in [
            (&b"\xff\xfe"[..], "", "UTF-8"),
            (b"{\"a\":", "/a", "not JSON"),
            (b"this is a long sentence", "", "not JSON"),
            (b"{\"a\":1}", "/b", "nothing at"),
            (b"{\"a\":{\"b\":1}}", "/a", "pointer"),
            (b"{\"a\":null}", "/a", "null"),
            (b"unavailable", "", "no value"),
            (b"NaN", "", "no value"),
        ] {
            let said = hear(payload, pointer).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn what_is_written_is_heard() {
        let reading = Reading {
            sensor: "a".into(),
            value: Value::Number(0.1),
            unit: "°C".into(),
            at: "2026-06-01T12:00:00.25Z".parse().unwrap(),
        };
        let payload = of_reading(&Numbered { seq: 7, reading: reading.clone() });
        let heard = hear(&payload, "").unwrap();
        assert_eq!(heard.value, reading.value);
        assert_eq!(
            (heard.unit.as_deref(), heard.at, heard.seq),
            (Some("°C"), Some(reading.at), Some(7))
        );
    }

    proptest! {
        #[test]
        fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..200), pointer in "(/[a-z]{0,2}){0,3}") {
            if let Ok(heard) = hear(&payload, &pointer) {
                prop_assert!(heard.value.as_f64().is_finite());
            }
        }
    }
}
