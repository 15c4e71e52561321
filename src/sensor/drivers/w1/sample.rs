//! What the kernel's `w1_slave` says: the chip's memory, whether its checksum fits, a temperature.

/// One answer of a thermometer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// The memory ("scratchpad") without its checksum: temperature low and high, alarms,
    /// configuration, three reserved bytes.
    memory: [u8; 8],
    fits: bool,
    millidegrees: i32,
}

/// An answer that is no measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the kernel's file is empty: it has not been read from the bus")]
    Empty,
    #[error("the kernel's file is not what `w1_slave` should be")]
    Unreadable,
    #[error("unplugged: nobody drives the data line")]
    Unplugged,
    #[error("the data line is held at ground: a short circuit, or swapped wires")]
    Grounded,
    /// The kernel shows the temperature of the time before then.
    #[error(
        "the checksum does not fit (what stands beside it is an old value): shorten the cable or \
         strengthen the pull-up"
    )]
    Garbled,
    #[error("85 °C, as after power-on: it has lost its power and has not measured; check it")]
    PowerOn,
    #[error("too little power to measure: connect its VDD, or use a stronger pull-up")]
    Starved,
    #[error("{0} m°C, which it cannot measure")]
    Beyond(i32),
}

/// A chip that has never converted has this in its sixth byte. After a conversion of a whole
/// degree, as 85 °C is, it holds 0x10 instead.
const NEVER_CONVERTED: u8 = 0x0C;
const POWER_ON: i32 = 85_000;
/// What a starved chip converts to: 127.94 °C.
const STARVED: i32 = 127_937;

impl Sample {
    /// ```text
    /// f4 00 4b 46 7f ff 0c 10 fa : crc=fa YES
    /// f4 00 4b 46 7f ff 0c 10 fa t=15250
    /// ```
    pub fn parse(text: &str) -> Result<Self, Unusable> {
        if text.trim().is_empty() {
            return Err(Unusable::Empty);
        }
        let (first, second) = text.split_once('\n').ok_or(Unusable::Unreadable)?;
        let (bytes, verdict) = first.split_once(':').ok_or(Unusable::Unreadable)?;
        let mut memory = [0; 8];
        let mut words = bytes.split_whitespace();
        for place in &mut memory {
            let word = words.next().ok_or(Unusable::Unreadable)?;
            *place = u8::from_str_radix(word, 16).map_err(|_| Unusable::Unreadable)?;
        }
        let (_, number) = second.rsplit_once("t=").ok_or(Unusable::Unreadable)?;
        let millidegrees = number.trim().parse().map_err(|_| Unusable::Unreadable)?;
        let fits = match verdict.split_whitespace().next_back() {
            Some("YES") => true,
            Some("NO") => false,
            _ => return Err(Unusable::Unreadable),
        };
        Ok(Sample { memory, fits, millidegrees })
    }

    /// The temperature, if it has been measured.
    pub fn celsius(&self) -> Result<f64, Unusable> {
        let all = |value: u8| self.memory.iter().all(|byte| *byte == value);
        if all(0xFF) {
            return Err(Unusable::Unplugged);
        }
        // Zeroes have a checksum that fits.
        if all(0x00) {
            return Err(Unusable::Grounded);
        }
        if !self.fits {
            return Err(Unusable::Garbled);
        }
        let never_converted = self.memory[6] == NEVER_CONVERTED;
        match self.millidegrees {
            POWER_ON if never_converted => Err(Unusable::PowerOn),
            STARVED.. if never_converted => Err(Unusable::Starved),
            -55_000..=125_000 => Ok(f64::from(self.millidegrees) / 1000.0),
            // Among them −127 °C, which libraries say for "nobody there".
            beyond => Err(Unusable::Beyond(beyond)),
        }
    }
}
