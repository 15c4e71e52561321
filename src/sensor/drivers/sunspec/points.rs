//! The points of the inverter models 101 to 103, which have one layout.

use crate::suggest::nearest;

/// One quantity.
#[derive(Debug)]
pub(super) struct Point {
    pub name: &'static str,
    pub unit: &'static str,
    /// Counted from the first register behind the model's length.
    offset: usize,
    kind: Kind,
    /// Where its power of ten stands; none for numbers that are states.
    scale: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unsigned,
    Signed,
    /// 32 bits that count up; 0 stands for "not there".
    Counter,
    State,
}

const fn scaled(
    name: &'static str,
    unit: &'static str,
    offset: usize,
    kind: Kind,
    scale: usize,
) -> Point {
    Point { name, unit, offset, kind, scale: Some(scale) }
}

const POINTS: [Point; 24] = [
    scaled("A", "A", 0, Kind::Unsigned, 4),
    scaled("AphA", "A", 1, Kind::Unsigned, 4),
    scaled("AphB", "A", 2, Kind::Unsigned, 4),
    scaled("AphC", "A", 3, Kind::Unsigned, 4),
    scaled("PPVphAB", "V", 5, Kind::Unsigned, 11),
    scaled("PPVphBC", "V", 6, Kind::Unsigned, 11),
    scaled("PPVphCA", "V", 7, Kind::Unsigned, 11),
    scaled("PhVphA", "V", 8, Kind::Unsigned, 11),
    scaled("PhVphB", "V", 9, Kind::Unsigned, 11),
    scaled("PhVphC", "V", 10, Kind::Unsigned, 11),
    scaled("W", "W", 12, Kind::Signed, 13),
    scaled("Hz", "Hz", 14, Kind::Unsigned, 15),
    scaled("VA", "VA", 16, Kind::Signed, 17),
    scaled("VAr", "var", 18, Kind::Signed, 19),
    scaled("PF", "%", 20, Kind::Signed, 21),
    scaled("WH", "Wh", 22, Kind::Counter, 24),
    scaled("DCA", "A", 25, Kind::Unsigned, 26),
    scaled("DCV", "V", 27, Kind::Unsigned, 28),
    scaled("DCW", "W", 29, Kind::Signed, 30),
    scaled("TmpCab", "°C", 31, Kind::Signed, 35),
    scaled("TmpSnk", "°C", 32, Kind::Signed, 35),
    scaled("TmpTrns", "°C", 33, Kind::Signed, 35),
    scaled("TmpOt", "°C", 34, Kind::Signed, 35),
    Point { name: "St", unit: "", offset: 36, kind: Kind::State, scale: None },
];

/// By its name in the model; `V` is taken for the voltage of the first phase.
pub(super) fn point(name: &str) -> Result<&'static Point, String> {
    let wanted = if name.eq_ignore_ascii_case("v") { "PhVphA" } else { name };
    let found = POINTS.iter().find(|point| point.name.eq_ignore_ascii_case(wanted));
    found.ok_or_else(|| {
        let names = POINTS.iter().map(|point| point.name);
        match nearest(name, names.clone()) {
            Some(meant) => format!("an inverter has no point `{name}`; did you mean `{meant}`?"),
            None => {
                let known: Vec<_> = names.collect();
                format!("an inverter has no point `{name}`; it has {}", known.join(", "))
            }
        }
    })
}

const NO_UNSIGNED: u16 = 0xFFFF;
const NO_SIGNED: u16 = 0x8000;

impl Point {
    /// In the point's unit, out of the model's registers.
    ///
    /// # Errors
    /// Why the inverter gives no value now, in words.
    pub fn value(&self, block: &[u16]) -> Result<f64, String> {
        let register = |offset: usize| {
            block
                .get(offset)
                .copied()
                .ok_or_else(|| format!("the inverter's model ends before the point {}", self.name))
        };
        let first = register(self.offset)?;
        let raw = match self.kind {
            Kind::Unsigned | Kind::State => (first != NO_UNSIGNED).then_some(f64::from(first)),
            Kind::Signed => (first != NO_SIGNED).then_some(f64::from(first as i16)),
            Kind::Counter => {
                let count = u32::from(first) << 16 | u32::from(register(self.offset + 1)?);
                (count != 0).then_some(f64::from(count))
            }
        };
        let raw = raw.ok_or_else(|| {
            format!("the inverter gives no {} now; some sleep at night", self.name)
        })?;
        let Some(place) = self.scale else { return Ok(raw) };
        match register(place)? as i16 {
            exponent @ -10..=10 => Ok(raw * 10f64.powi(exponent.into())),
            _ => Err(format!("the inverter gives no scale for {} now", self.name)),
        }
    }
}
