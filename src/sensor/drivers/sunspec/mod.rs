//! Solar inverters over Modbus TCP, by the SunSpec models 1 (who it is) and 101 to 103 (inverter
//! of one phase, split phase, three phases).
//!
//! SunSpec information models: <https://sunspec.org/specifications/>, in the form of
//! <https://github.com/sunspec/models>.

mod map;
mod points;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_modbus::{
    Slave,
    client::{Context, Reader, tcp},
};

use self::{
    map::{Layout, Registers, survey},
    points::{Point, point},
};
use super::{
    DriverRow, SensorSettings,
    stand_in::stand_in,
    wait::{Patience, wait},
};
use crate::{
    hal::Hal,
    sensor::{Driver, OptionError, ReadError, Value},
};

pub(super) const ROW: DriverRow = DriverRow {
    name: "sunspec",
    summary: "a solar inverter over Modbus TCP (SunSpec models 101 to 103)",
    options: &[
        ("host", "the inverter's name or address"),
        ("port", "502 unless said"),
        ("unit_id", "the Modbus unit, 1 to 247; 1 unless said (Fronius 1, SMA 126)"),
        ("point", "W, WH, A, PhVphA, Hz, DCV, TmpCab, St …; W unless said"),
        ("timeout", "how long to wait; 5s unless said"),
    ],
    build,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    host: String,
    #[serde(default = "modbus")]
    port: u16,
    #[serde(default = "first_unit")]
    unit_id: u8,
    #[serde(default = "power")]
    point: String,
    #[serde(default)]
    timeout: Patience,
}

fn modbus() -> u16 {
    502
}

fn first_unit() -> u8 {
    1
}

fn power() -> String {
    "W".to_owned()
}

/// Many inverters bear one connection at a time: the sensors of one take turns.
#[derive(Default)]
struct Inverter {
    /// Where its models stand, once it is known.
    layout: Option<Layout>,
}

struct SunSpec {
    host: String,
    port: u16,
    unit_id: u8,
    point: &'static Point,
    patience: Patience,
    inverter: Arc<Mutex<Inverter>>,
}

fn build(settings: &SensorSettings, hal: &Hal) -> Result<Box<dyn Driver>, OptionError> {
    let Options { host, port, unit_id, point: name, timeout } = settings.options.read()?;
    if host.is_empty() || host.contains(['/', ' ']) {
        let message = "`host` is a name or an address, as in `inverter.lan`";
        return Err(OptionError::new("host", message));
    }
    if !(1..=247).contains(&unit_id) {
        return Err(OptionError::new("unit_id", "`unit_id` is a Modbus unit from 1 to 247"));
    }
    let point = point(&name).map_err(|message| OptionError::new("point", message))?;
    if let Some(driver) = stand_in(settings, hal, point.unit) {
        return Ok(driver);
    }
    let inverter = hal.shared(&format!("{host}:{port}/{unit_id}"), Inverter::default);
    Ok(Box::new(SunSpec { host, port, unit_id, point, patience: timeout, inverter }))
}

impl Driver for SunSpec {
    fn unit(&self) -> &str {
        self.point.unit
    }

    fn read(&mut self) -> Result<Value, ReadError> {
        let mut inverter = self.inverter.lock().unwrap_or_else(PoisonError::into_inner);
        let known = inverter.layout.take();
        let title = format!("{}:{}", self.host, self.port);
        let (layout, number) =
            wait(self.patience.0, self.converse(known)).map_err(|error| match error {
                ReadError::Transient(reason) => ReadError::Transient(format!("{title}: {reason}")),
                ReadError::Permanent(reason) => ReadError::Permanent(format!("{title}: {reason}")),
            })?;
        inverter.layout = Some(layout);
        Ok(Value::Number(number))
    }

    fn limit(&self) -> Duration {
        // Others of the same inverter may be served first.
        self.patience.limit() * 4
    }
}

impl SunSpec {
    async fn converse(&self, known: Option<Layout>) -> Result<(Layout, f64), ReadError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|error| {
            ReadError::Transient(format!(
                "cannot connect ({error}): is Modbus TCP switched on in the inverter?"
            ))
        })?;
        let mut modbus = Modbus(tcp::attach_slave(stream, Slave(self.unit_id)));
        let layout = match known {
            Some(layout) => layout,
            None => survey(&mut modbus).await?,
        };
        let block = modbus.read(layout.inverter.start, layout.inverter.length).await?;
        let number = self.point.value(&block).map_err(ReadError::Transient)?;
        Ok((layout, number))
    }
}

struct Modbus(Context);

impl Registers for Modbus {
    async fn read(&mut self, address: u16, count: u16) -> Result<Vec<u16>, ReadError> {
        match self.0.read_holding_registers(address, count).await {
            Ok(Ok(registers)) if registers.len() == usize::from(count) => Ok(registers),
            Ok(Ok(_)) => Err(ReadError::Transient("a Modbus answer is too short".to_owned())),
            Ok(Err(refusal)) => Err(ReadError::Permanent(format!(
                "the inverter refuses register {address} ({refusal}): check `unit_id`"
            ))),
            Err(error) => Err(ReadError::Transient(format!("the connection broke off: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests;
