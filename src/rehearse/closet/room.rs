//! A room's heat: what hosts and the sun give to it, and what leaks away.

/// Air and walls of one temperature, which follow
/// `capacity · dT/dt = heat − leak · (T − surroundings)`.
///
/// Between two changes of its inputs that has a closed form, so that the temperature is exact at
/// any moment and does not depend on how often it is asked.
#[derive(Clone, Debug)]
pub struct Room {
    /// J/K.
    capacity: f64,
    /// °C when the inputs last changed.
    temperature: f64,
    /// °C at which it would settle.
    target: f64,
    /// The part of the way there that goes by in a second, if the way were straight.
    rate: f64,
}

impl Room {
    /// `capacity` in J/K, `temperature` in °C.
    pub fn new(capacity: f64, temperature: f64) -> Self {
        Room { capacity, temperature, target: temperature, rate: 0.0 }
    }

    /// °C, so many seconds after the last [`Room::settle`].
    pub fn temperature(&self, seconds: f64) -> f64 {
        self.target + (self.temperature - self.target) * (-self.rate * seconds).exp()
    }

    /// Takes the temperature after so many seconds as the new beginning.
    pub fn settle(&mut self, seconds: f64) {
        self.temperature = self.temperature(seconds);
    }

    /// New inputs: `heat` in W, `leak` in W/K, `surroundings` in °C.
    pub fn expose(&mut self, heat: f64, leak: f64, surroundings: f64) {
        self.target = surroundings + heat / leak;
        self.rate = leak / self.capacity;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_cools_along_the_exponential() {
        let mut room = Room::new(36_000.0, 70.0);
        room.expose(0.0, 10.0, 20.0);
        // One hour is its time constant.
        let expected = 20.0 + 50.0 * (-1.0f64).exp();
        assert!((room.temperature(3_600.0) - expected).abs() < 1e-9);
    }

    #[test]
    fn it_settles_where_the_leak_carries_all_heat() {
        let mut room = Room::new(36_000.0, 20.0);
        room.expose(500.0, 10.0, 20.0);
        assert!((room.temperature(1e6) - 70.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn steps_add_up(seconds in 0.0..10_000.0f64, part in 0.0..1.0f64, heat in 0.0..5_000.0f64) {
            let mut room = Room::new(100_000.0, 40.0);
            room.expose(heat, 30.0, 20.0);
            let whole = room.temperature(seconds);
            room.settle(seconds * part);
            prop_assert!((room.temperature(seconds * (1.0 - part)) - whole).abs() < 1e-9);
        }
    }
}
