//! From the BME280's raw numbers to quantities: the datasheet's formulas in floating point
//! (appendix 8.1). Its formulas in whole numbers overflow when the factory's numbers come over a
//! bad bus.

use embedded_devices::devices::bosch::bme280::registers::{
    TrimmingParameters1Unpacked, TrimmingParameters2Unpacked,
};

/// What the factory wrote into the chip, named as in the datasheet: `dig_T1` is `t[0]`.
#[derive(Clone, Debug)]
pub(super) struct Trimming {
    t: [f64; 3],
    p: [f64; 9],
    h: [f64; 6],
}

/// The temperature in 1/5120 °C, as the other formulas need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fine(f64);

impl Fine {
    pub fn celsius(self) -> f64 {
        self.0 / 5120.0
    }
}

impl Trimming {
    pub fn new(first: &TrimmingParameters1Unpacked, second: &TrimmingParameters2Unpacked) -> Self {
        let shared = second.dig_h5_lsn_h4_lsn as u8;
        let twelve_bits = |high: i8, low: u8| f64::from(i16::from(high) << 4 | i16::from(low));
        Trimming {
            t: [first.dig_t1.into(), first.dig_t2.into(), first.dig_t3.into()],
            p: [
                first.dig_p1.into(),
                first.dig_p2.into(),
                first.dig_p3.into(),
                first.dig_p4.into(),
                first.dig_p5.into(),
                first.dig_p6.into(),
                first.dig_p7.into(),
                first.dig_p8.into(),
                first.dig_p9.into(),
            ],
            h: [
                first.dig_h1.into(),
                second.dig_h2.into(),
                second.dig_h3.into(),
                twelve_bits(second.dig_h4_msb, shared & 0x0F),
                twelve_bits(second.dig_h5_msb, shared >> 4),
                second.dig_h6.into(),
            ],
        }
    }

    /// `raw`: 20 bits.
    pub fn fine_temperature(&self, raw: u32) -> Fine {
        let [t1, t2, t3] = self.t;
        let raw = f64::from(raw);
        let coarse = raw / 16384.0 - t1 / 1024.0;
        let square = (raw / 131_072.0 - t1 / 8192.0).powi(2);
        Fine(coarse * t2 + square * t3)
    }

    /// Pa; `raw`: 20 bits. No number at all when the factory's numbers are not believable.
    pub fn pascals(&self, raw: u32, fine: Fine) -> f64 {
        let [p1, p2, p3, p4, p5, p6, p7, p8, p9] = self.p;
        let warmth = fine.0 / 2.0 - 64_000.0;
        let offset = warmth * warmth * p6 / 32_768.0 + warmth * p5 * 2.0;
        let offset = offset / 4.0 + p4 * 65_536.0;
        let slope = (p3 * warmth * warmth / 524_288.0 + p2 * warmth) / 524_288.0;
        let slope = (1.0 + slope / 32_768.0) * p1;
        let pressure = (1_048_576.0 - f64::from(raw) - offset / 4096.0) * 6250.0 / slope;
        let bend = p9 * pressure * pressure / 2_147_483_648.0 + pressure * p8 / 32_768.0;
        pressure + (bend + p7) / 16.0
    }

    /// %; `raw`: 16 bits. May leave 0 to 100 a little.
    pub fn relative_humidity(&self, raw: u16, fine: Fine) -> f64 {
        let [h1, h2, h3, h4, h5, h6] = self.h;
        let warmth = fine.0 - 76_800.0;
        let bend = 1.0 + h3 / 67_108_864.0 * warmth;
        let slope = h2 / 65_536.0 * (1.0 + h6 / 67_108_864.0 * warmth * bend);
        let humidity = (f64::from(raw) - (h4 * 64.0 + h5 / 16_384.0 * warmth)) * slope;
        humidity * (1.0 - h1 * humidity / 524_288.0)
    }
}
