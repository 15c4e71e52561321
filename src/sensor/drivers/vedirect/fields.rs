//! The fields of the protocol, with the factor to the unit that people use.

use crate::{sensor::Value, suggest::nearest};

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub label: &'static str,
    factor: f64,
    pub unit: &'static str,
}

const fn field_of(label: &'static str, factor: f64, unit: &'static str) -> Field {
    Field { label, factor, unit }
}

/// Chapter 3 of the protocol, as far as it has numbers and contacts.
const FIELDS: [Field; 39] = [
    field_of("V", 0.001, "V"),
    field_of("V2", 0.001, "V"),
    field_of("V3", 0.001, "V"),
    field_of("VS", 0.001, "V"),
    field_of("VM", 0.001, "V"),
    field_of("DM", 0.1, "%"),
    field_of("VPV", 0.001, "V"),
    field_of("PPV", 1.0, "W"),
    field_of("I", 0.001, "A"),
    field_of("I2", 0.001, "A"),
    field_of("I3", 0.001, "A"),
    field_of("IL", 0.001, "A"),
    field_of("LOAD", 1.0, ""),
    field_of("T", 1.0, "°C"),
    field_of("P", 1.0, "W"),
    field_of("CE", 0.001, "Ah"),
    field_of("SOC", 0.1, "%"),
    field_of("TTG", 1.0, "min"),
    field_of("Alarm", 1.0, ""),
    field_of("Relay", 1.0, ""),
    field_of("H1", 0.001, "Ah"),
    field_of("H2", 0.001, "Ah"),
    field_of("H4", 1.0, ""),
    field_of("H7", 0.001, "V"),
    field_of("H8", 0.001, "V"),
    field_of("H17", 0.01, "kWh"),
    field_of("H18", 0.01, "kWh"),
    field_of("H19", 0.01, "kWh"),
    field_of("H20", 0.01, "kWh"),
    field_of("H21", 1.0, "W"),
    field_of("H22", 0.01, "kWh"),
    field_of("H23", 1.0, "W"),
    field_of("ERR", 1.0, ""),
    field_of("CS", 1.0, ""),
    field_of("MPPT", 1.0, ""),
    field_of("AC_OUT_V", 0.01, "V"),
    field_of("AC_OUT_I", 0.1, "A"),
    field_of("AC_OUT_S", 1.0, "VA"),
    field_of("WARN", 1.0, ""),
];

/// By its label, as the protocol writes it.
pub(super) fn field(label: &str) -> Result<&'static Field, String> {
    FIELDS.iter().find(|field| field.label == label).ok_or_else(|| {
        let labels = FIELDS.iter().map(|field| field.label);
        match nearest(label, labels.clone()) {
            Some(meant) => format!("VE.Direct has no field `{label}`; did you mean `{meant}`?"),
            None => {
                let known: Vec<_> = labels.collect();
                format!("VE.Direct has no field `{label}`; it has {}", known.join(", "))
            }
        }
    })
}

impl Field {
    /// What the field's text says; `---` stands for "not known", and so does anything else.
    pub fn value(&self, text: &str) -> Option<Value> {
        match text.trim() {
            "ON" | "On" => Some(Value::Switch(true)),
            "OFF" | "Off" => Some(Value::Switch(false)),
            text => {
                let number: f64 = text.parse().ok()?;
                number.is_finite().then_some(Value::Number(number * self.factor))
            }
        }
    }
}
