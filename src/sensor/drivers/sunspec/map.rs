//! Where an inverter keeps which model: a chain of blocks, each with its number and its length.

use std::future::Future;

use crate::sensor::ReadError;

/// Holding registers, however they are reached.
pub(super) trait Registers {
    fn read(
        &mut self,
        address: u16,
        count: u16,
    ) -> impl Future<Output = Result<Vec<u16>, ReadError>> + Send;
}

/// Where the chain may begin, the usual one first.
const BEGINNINGS: [u16; 3] = [40_000, 50_000, 0];

/// `SunS`.
const MARK: [u16; 2] = [0x5375, 0x6E53];

const END: u16 = 0xFFFF;
/// Longer chains are a device that speaks nonsense.
const MOST_MODELS: usize = 64;

/// One phase, split phase, three phases, in whole numbers with scale factors.
const INVERTERS: std::ops::RangeInclusive<u16> = 101..=103;
/// The same in floating point; another layout.
const FLOATING: std::ops::RangeInclusive<u16> = 111..=113;

/// A model's registers, behind its number and its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub start: u16,
    pub length: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub inverter: Block,
}

/// What every inverter's model has at least.
const SHORTEST: u16 = 38;
/// One Modbus answer carries no more.
const LONGEST: u16 = 125;

/// Walks the chain until the inverter's model.
pub(super) async fn survey(registers: &mut impl Registers) -> Result<Layout, ReadError> {
    let mut beginning = None;
    let mut refusal = None;
    for start in BEGINNINGS {
        match registers.read(start, 2).await {
            Ok(mark) if mark == MARK => {
                beginning = Some(start + 2);
                break;
            }
            Ok(_) => {}
            // Registers that are not there are refused; a broken line is another matter.
            Err(error @ ReadError::Permanent(_)) => refusal = Some(error),
            Err(error) => return Err(error),
        }
    }
    let Some(mut place) = beginning else {
        return Err(refusal.unwrap_or_else(|| {
            ReadError::Permanent(
                "speaks Modbus, but not SunSpec: switch the register type to SunSpec in the \
                 inverter's settings"
                    .to_owned(),
            )
        }));
    };
    let mut seen = Vec::new();
    for _ in 0..MOST_MODELS {
        let head = registers.read(place, 2).await?;
        let [model, length] = head[..] else { break };
        if model == END {
            break;
        }
        let start = place.checked_add(2).ok_or_else(endless)?;
        if INVERTERS.contains(&model) {
            if !(SHORTEST..=LONGEST).contains(&length) {
                return Err(ReadError::Permanent(format!(
                    "its inverter model {model} is {length} registers long, which cannot be"
                )));
            }
            return Ok(Layout { inverter: Block { start, length } });
        }
        seen.push(model);
        place = start.checked_add(length).ok_or_else(endless)?;
    }
    let floating = seen.iter().any(|model| FLOATING.contains(model));
    let hint = if floating { ": switch its SunSpec model type from float to int + SF" } else { "" };
    let seen: Vec<_> = seen.iter().map(u16::to_string).collect();
    let seen = seen.join(", ");
    Err(ReadError::Permanent(format!("has no inverter model 101 to 103, but these: {seen}{hint}")))
}

fn endless() -> ReadError {
    ReadError::Permanent("its chain of models does not end".to_owned())
}
