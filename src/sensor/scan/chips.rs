//! Which chip answers at an address, by what it says of itself.

use embedded_hal::i2c::I2c;
use sensirion_i2c::crc8;

use crate::hal::AnyI2c;

/// A chip that can be told.
pub(super) struct Chip {
    pub title: &'static str,
    driver: &'static str,
    quantity: &'static str,
    more: &'static str,
}

const SHUNT: &str = "shunt_ohms = 0.1  # printed on the shunt: R100 is 0.1\n";

const fn chip(
    title: &'static str,
    driver: &'static str,
    quantity: &'static str,
    more: &'static str,
) -> Chip {
    Chip { title, driver, quantity, more }
}

const MCP9808: Chip = chip("MCP9808 thermometer", "mcp9808", "temperature", "");
const INA226: Chip = chip("INA226 power monitor", "ina226", "power", SHUNT);
const INA3221: Chip = chip(
    "INA3221 power monitor, three channels",
    "ina3221",
    "power",
    "channel = 1  # 1, 2 or 3\nshunt_ohms = 0.1  # printed on the shunt: R100 is 0.1\n",
);
const INA219: Chip = chip("INA219 power monitor, by its settings", "ina219", "power", SHUNT);
const TMP102: Chip = chip("TMP102 thermometer, by its settings", "tmp102", "temperature", "");
const ADS1115: Chip =
    chip("ADS1115 converter, by its settings", "ads1115", "voltage", "channel = \"A0\"\n");
const SHT3X: Chip = chip("SHT3x thermometer and hygrometer", "sht3x", "temperature", "");
const SHT4X: Chip = chip("SHT4x thermometer and hygrometer", "sht4x", "temperature", "");
const AHT20: Chip = chip("AHT20 thermometer and hygrometer", "aht20", "temperature", "");
const BME280: Chip =
    chip("BME280 thermometer, hygrometer and barometer", "bme280", "temperature", "");
const BMP280: Chip = chip("BMP280 thermometer and barometer", "bme280", "temperature", "");

/// What chips without an identification hold after power-on, in their register of settings, apart
/// from bits that say "ready" or "alert".
const INA219_SETTINGS: u16 = 0x399F;
const TMP102_SETTINGS: (u16, u16) = (0xFFDF, 0x6080);
const ADS1115_SETTINGS: (u16, u16) = (0x7FFF, 0x0583);

impl Chip {
    /// The `[[sensor]]` to paste.
    pub fn lines(&self, bus: &str, address: u8) -> String {
        let Chip { driver, quantity, more, .. } = self;
        format!(
            "[[sensor]]\nname = \"{quantity}-{address:x}\"\ndriver = \"{driver}\"\nbus = \"{bus}\"\n\
             address = {address:#04x}\n{more}"
        )
    }
}

/// Only addresses that the chip can have are asked for its registers: on another chip the register
/// number may be a command.
pub(super) fn identify(bus: &mut AnyI2c, address: u8) -> Option<Chip> {
    let mut ask = Ask { bus, address };
    match address {
        0x18..=0x1F => (ask.word(6)? == 0x0054 && ask.word(7)? >> 8 == 0x04).then_some(MCP9808),
        0x38 => ask.is_aht20().then_some(AHT20),
        0x40..=0x4F => {
            power_monitor(&mut ask).or_else(|| sensirion(&mut ask)).or_else(|| nameless(&mut ask))
        }
        0x76 | 0x77 => match ask.byte(0xD0)? {
            0x60 => Some(BME280),
            0x58 => Some(BMP280),
            _ => None,
        },
        _ => None,
    }
}

fn power_monitor(ask: &mut Ask<'_>) -> Option<Chip> {
    if ask.word(0xFE)? != 0x5449 {
        return None;
    }
    match ask.word(0xFF)? {
        die if die >> 4 == 0x226 => Some(INA226),
        0x3220 => Some(INA3221),
        _ => None,
    }
}

/// By commands that change nothing: the SHT3x's status, the SHT4x's serial number.
fn sensirion(ask: &mut Ask<'_>) -> Option<Chip> {
    if !(0x44..=0x46).contains(&ask.address) {
        return None;
    }
    if ask.is_checked::<3>(&[0xF3, 0x2D]) {
        return Some(SHT3X);
    }
    ask.is_checked::<6>(&[0x89]).then_some(SHT4X)
}

fn nameless(ask: &mut Ask<'_>) -> Option<Chip> {
    if ask.word(0)? == INA219_SETTINGS {
        return Some(INA219);
    }
    let settings = ask.word(1)?;
    let holds = |(mask, value): (u16, u16)| settings & mask == value & mask;
    match ask.address {
        0x48..=0x4B if holds(TMP102_SETTINGS) => Some(TMP102),
        0x48..=0x4B if holds(ADS1115_SETTINGS) => Some(ADS1115),
        _ => None,
    }
}

/// Asks one address.
struct Ask<'b> {
    bus: &'b mut AnyI2c,
    address: u8,
}

impl Ask<'_> {
    fn word(&mut self, register: u8) -> Option<u16> {
        let mut bytes = [0; 2];
        let read = self.bus.write_read(self.address, &[register], &mut bytes);
        read.ok().map(|()| u16::from_be_bytes(bytes))
    }

    fn byte(&mut self, register: u8) -> Option<u8> {
        let mut bytes = [0; 1];
        self.bus.write_read(self.address, &[register], &mut bytes).ok().map(|()| bytes[0])
    }

    /// Whether a command is answered by words that each bear their checksum.
    fn is_checked<const N: usize>(&mut self, command: &[u8]) -> bool {
        let mut answer = [0; N];
        if self.bus.write(self.address, command).is_err()
            || self.bus.read(self.address, &mut answer).is_err()
        {
            return false;
        }
        // The answer's length is a whole number of words.
        crc8::validate(&answer).is_ok()
    }

    /// It repeats its last measurement, with a checksum.
    fn is_aht20(&mut self) -> bool {
        let mut answer = [0; 7];
        let read = self.bus.read(self.address, &mut answer);
        read.is_ok() && crc8::calculate(&answer[..6]) == answer[6]
    }
}
