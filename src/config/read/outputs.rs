//! `[[output]]`: relays and PWM channels.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{Reader, names::check_name};
use crate::{
    config::{OutputDrive, OutputSettings, diagnostic::Span, field::Field, section::Section},
    output::Level,
    suggest::did_you_mean,
};

/// Good for LEDs, heaters and valves; a fan with four wires wants 25 kHz.
const FREQUENCY: u64 = 1000;
const HIGHEST_FREQUENCY: u64 = 1_000_000;

impl Reader<'_> {
    pub(super) fn outputs(&self, root: &Section<'_>) -> Vec<OutputSettings> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut outputs = Vec::new();
        let mut interlocks = Vec::new();
        for section in root.repeated_sections("output") {
            let name_field = section.required("name", "name = \"water-valve\"");
            let name = name_field.as_ref().and_then(|field| {
                let name = field.text()?;
                check_name(self.mistakes, "an output", name, field.span()).then_some(name)
            });
            if let (Some(field), Some(name)) = (&name_field, name)
                && !names.insert(name)
            {
                field.wrong(
                    format!("two outputs are named `{name}`"),
                    "the second one",
                    "give each output a name of its own".to_owned(),
                );
            }
            interlocks.push(section.field("interlock"));
            outputs.extend(self.output(name.unwrap_or("unnamed"), &section));
            section.finish();
        }
        for field in interlocks.iter().flatten() {
            self.check_interlock(field, &names);
        }
        self.check_both_on(&outputs);
        outputs
    }

    fn output(&self, name: &str, section: &Section<'_>) -> Option<OutputSettings> {
        let (drive, span) = self.drive(section);
        let is_pwm = matches!(drive, Some(OutputDrive::Pwm { .. }));
        let level = |key| section.field(key).and_then(|field| level(&field, is_pwm));
        let active_low = section.field("active_low").and_then(|field| field.boolean());
        let safe = level("safe").unwrap_or(Level::OFF);
        let initial = level("initial").unwrap_or(safe);
        let max_on_field = section.field("max_on");
        let max_on = max_on_field.as_ref().and_then(Field::duration);
        if let Some(field) = &max_on_field
            && safe.is_on()
        {
            field.wrong(
                format!("`max_on` would never switch `{name}` off, because its `safe` is on"),
                "ends in `safe`",
                "leave `max_on` out, or let `safe` be off".to_owned(),
            );
        }
        let min_switch = section.field("min_switch").and_then(|field| field.duration());
        let interlock = section.field("interlock").and_then(|field| field.texts());
        let interlock = interlock.unwrap_or_default();
        Some(OutputSettings {
            name: Arc::from(name),
            drive: drive?,
            span,
            active_low: active_low.unwrap_or(false),
            initial,
            safe,
            max_on,
            min_switch: min_switch.unwrap_or(Duration::ZERO),
            interlock: interlock.into_iter().map(|name| (*name.get_ref()).to_owned()).collect(),
        })
    }

    /// The `pin` or the `pwm`, and where it stands.
    fn drive(&self, section: &Section<'_>) -> (Option<OutputDrive>, Span) {
        let (pin, pwm) = (section.field("pin"), section.field("pwm"));
        let frequency = section.field("frequency");
        match (pin, pwm) {
            (Some(pin), None) => {
                if let Some(frequency) = frequency {
                    frequency.wrong("a relay has no frequency", "only with `pwm`", None);
                }
                (pin.text().map(|pin| OutputDrive::Pin(pin.to_owned())), pin.span())
            }
            (None, Some(pwm)) => {
                let hertz = frequency.and_then(|field| field.whole(1, HIGHEST_FREQUENCY));
                let period = Duration::from_secs(1) / hertz.unwrap_or(FREQUENCY) as u32;
                let channel = pwm.text().map(str::to_owned);
                (channel.map(|channel| OutputDrive::Pwm { channel, period }), pwm.span())
            }
            (pin, _) => {
                let message = match pin {
                    Some(_) => "an output has a `pin` or a `pwm`, not both",
                    None => "an output needs a `pin` or a `pwm`",
                };
                let help = "for example: pin = \"GPIO22\", or pwm = \"pwmchip0/0\"".to_owned();
                self.mistakes.error(section.span.clone(), message, "this output", help);
                (None, section.span.clone())
            }
        }
    }

    fn check_interlock(&self, field: &Field<'_>, names: &BTreeSet<&str>) {
        for other in field.texts().unwrap_or_default() {
            if !names.contains(*other.get_ref()) {
                self.mistakes.error(
                    other.span(),
                    format!("there is no output `{}`", other.get_ref()),
                    "not known",
                    did_you_mean(other.get_ref(), names.iter().copied()),
                );
            }
        }
    }

    /// Two that exclude each other must not both be on by themselves.
    fn check_both_on(&self, outputs: &[OutputSettings]) {
        for (index, one) in outputs.iter().enumerate() {
            if one.interlock.iter().any(|name| **name == *one.name) {
                let message = format!("`{}` excludes itself", one.name);
                self.mistakes.error(one.span.clone(), message, "this output", None);
            }
            for other in &outputs[..index] {
                let exclude = |a: &OutputSettings, b: &OutputSettings| {
                    a.interlock.iter().any(|name| **name == *b.name)
                };
                if !exclude(one, other) && !exclude(other, one) {
                    continue;
                }
                let both = |level: fn(&OutputSettings) -> Level| {
                    level(one).is_on() && level(other).is_on()
                };
                for (key, is_so) in
                    [("initial", both(|it| it.initial)), ("safe", both(|it| it.safe))]
                {
                    if is_so {
                        self.mistakes.error(
                            one.span.clone(),
                            format!("`{}` and `{}` must never be on together, and `{key}` of both is on", one.name, other.name),
                            "the second of the two",
                            format!("let `{key}` of one of them be off"),
                        );
                    }
                }
            }
        }
    }
}

/// `true`, `false`, or 0 to 1 for PWM.
fn level(field: &Field<'_>, is_pwm: bool) -> Option<Level> {
    if !is_pwm {
        return field.boolean().map(Level::Switch);
    }
    if field.value.get_ref().as_bool().is_some() {
        return field.boolean().map(Level::Switch);
    }
    match field.number() {
        Some(share) if (0.0..=1.0).contains(&share) => Some(Level::Share(share)),
        Some(_) => {
            field.wrong("a level is 0 to 1", "out of range", None);
            None
        }
        None => None,
    }
}
