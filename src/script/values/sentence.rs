//! What is said to Alexa: a device and a state in one sentence.

/// `plex power on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub device: String,
    pub on: bool,
}

impl Sentence {
    /// `plex power on`, `turn off plex power`, in any letters; `None` without a device or a state.
    pub fn read(text: &str) -> Option<Self> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let first = words.first()?.to_lowercase();
        let state = if ["turn", "switch"].contains(&first.as_str()) {
            words.drain(..2.min(words.len())).nth(1)?
        } else {
            words.pop()?
        };
        let on = match state.to_lowercase().as_str() {
            "on" => true,
            "off" => false,
            _ => return None,
        };
        let device = words.join(" ");
        (!device.is_empty()).then_some(Sentence { device, on })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_a_device_and_a_state() {
        let read = |text| Sentence::read(text).map(|sentence| (sentence.device, sentence.on));
        assert_eq!(read("plex power on"), Some(("plex power".into(), true)));
        assert_eq!(read("  Turn OFF  the lamp "), Some(("the lamp".into(), false)));
        for text in ["", "on", "turn", "turn on", "plex", "turn plex on up", "plex onn"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
