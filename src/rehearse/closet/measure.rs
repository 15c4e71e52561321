//! What can be read off the closet.

use super::{
    Closet,
    chance::{Subject, normal},
    probe::Ailment,
};
use crate::rehearse::scenario::Quantity;

impl Closet {
    /// What a sensor says now, with its noise and its faults. Under the path of a sensor's file it
    /// is what the file holds, before the sensor's `scale`; under a quantity's own name
    /// (`room.closet.temperature`) its exact value.
    ///
    /// `None` when there is nothing of that name, or the sensor is gone by a fault.
    pub fn quantity(&self, name: &str) -> Option<f64> {
        for (index, probe) in self.probes.iter().enumerate() {
            if probe.name == name {
                return self.reading(index);
            }
            if let Some((path, scale)) = &probe.file
                && path == name
            {
                return self.reading(index).map(|value| value / scale);
            }
        }
        Quantity::find(name, &self.scenario).map(|quantity| self.value(quantity))
    }

    /// Whether [`Closet::quantity`] has a value.
    pub fn has(&self, name: &str) -> bool {
        match self.probes.iter().find(|probe| probe.name == name) {
            Some(probe) => probe.ailment != Some(Ailment::Gone),
            None => self.quantity(name).is_some(),
        }
    }

    fn reading(&self, index: usize) -> Option<f64> {
        let probe = &self.probes[index];
        match probe.ailment {
            Some(Ailment::Gone) => None,
            Some(Ailment::StuckAt(value)) => Some(value),
            None => Some(self.noisy(index)),
        }
    }

    /// What a healthy sensor would say.
    pub(super) fn noisy(&self, index: usize) -> f64 {
        let probe = &self.probes[index];
        let value = self.value(probe.quantity);
        let is_power = probe.quantity.is_power();
        // Where nothing flows, nothing is measured.
        if probe.noise == 0.0 || (is_power && value == 0.0) {
            return value;
        }
        let noise = normal(self.scenario.place.seed, Subject::Sensor(index), self.now);
        let noisy = value + probe.noise * noise;
        if is_power { noisy.max(0.0) } else { noisy }
    }

    fn value(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::RoomTemperature(room) => self.rooms[room].temperature(self.unsettled()),
            Quantity::RoomSurroundings(room) => {
                self.moment.surroundings(&self.scenario.rooms[room])
            }
            Quantity::HostPower(host) => self.machines[host].watts,
            Quantity::Contact(contact) => {
                let open = self.scenario.contacts[contact].is_open(self.moment.local);
                f64::from(u8::from(open))
            }
            Quantity::BoardTemperature { room, rise } => {
                self.rooms[room].temperature(self.unsettled()) + rise
            }
            Quantity::SolarPower => self.moment.solar_watts,
            Quantity::SolarVoltage => self.scenario.solar.as_ref().map_or(0.0, |solar| solar.volts),
            Quantity::SunElevation => self.moment.elevation,
            Quantity::MainsPower => self.drawn(),
            Quantity::MainsPrice => self.moment.price,
        }
    }
}
