//! What can be measured in the simulated world, by its name.

use super::Scenario;

/// One quantity; the numbers are places in the scenario's lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// `room.NAME.temperature`, °C.
    RoomTemperature(usize),
    /// `room.NAME.surroundings`, °C.
    RoomSurroundings(usize),
    /// `host.NAME.power`, W.
    HostPower(usize),
    /// `contact.NAME`, 1 when it is open.
    Contact(usize),
    /// `board.temperature`, °C: the room's and `rise` more.
    BoardTemperature { room: usize, rise: f64 },
    /// `solar.power`, W.
    SolarPower,
    /// `solar.voltage`, V.
    SolarVoltage,
    /// `sun.elevation`, degrees over the horizon.
    SunElevation,
    /// `mains.power`, W that all hosts draw.
    MainsPower,
    /// `mains.price`, for one kWh.
    MainsPrice,
}

impl Quantity {
    /// Whether it is a power that flows one way, or not at all.
    pub fn is_power(self) -> bool {
        use Quantity::{HostPower, MainsPower, SolarPower};
        matches!(self, HostPower(_) | SolarPower | MainsPower)
    }

    /// The quantity of that name, if this world has it.
    pub fn find(name: &str, scenario: &Scenario) -> Option<Quantity> {
        let (subject, rest) = name.split_once('.')?;
        match subject {
            "room" => {
                let (room, what) = rest.rsplit_once('.')?;
                let room = scenario.room(room)?;
                match what {
                    "temperature" => Some(Quantity::RoomTemperature(room)),
                    "surroundings" => Some(Quantity::RoomSurroundings(room)),
                    _ => None,
                }
            }
            "host" => {
                let host = scenario.host(rest.strip_suffix(".power")?)?;
                Some(Quantity::HostPower(host))
            }
            "contact" => scenario.contact(rest).map(Quantity::Contact),
            _ => match name {
                "board.temperature" => {
                    let board = scenario.board.as_ref()?;
                    let room = scenario.room(&board.room)?;
                    Some(Quantity::BoardTemperature { room, rise: board.rise })
                }
                "solar.power" => scenario.solar.as_ref().map(|_| Quantity::SolarPower),
                "solar.voltage" => scenario.solar.as_ref().map(|_| Quantity::SolarVoltage),
                "sun.elevation" => Some(Quantity::SunElevation),
                "mains.power" => Some(Quantity::MainsPower),
                "mains.price" => Some(Quantity::MainsPrice),
                _ => None,
            },
        }
    }

    /// The names that this world knows, for an error message.
    pub fn names(scenario: &Scenario) -> Vec<String> {
        let mut names = Vec::new();
        for room in &scenario.rooms {
            names.push(format!("room.{}.temperature", room.name));
            names.push(format!("room.{}.surroundings", room.name));
        }
        names.extend(scenario.hosts.iter().map(|host| format!("host.{}.power", host.name)));
        names.extend(scenario.contacts.iter().map(|contact| format!("contact.{}", contact.name)));
        names.extend(scenario.board.iter().map(|_| "board.temperature".to_owned()));
        if scenario.solar.is_some() {
            names.extend(["solar.power", "solar.voltage"].map(str::to_owned));
        }
        names.extend(["sun.elevation", "mains.power", "mains.price"].map(str::to_owned));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_is_offered_is_found() {
        let closet = Scenario::closet();
        for name in Quantity::names(&closet) {
            assert!(Quantity::find(&name, &closet).is_some(), "{name}");
        }
        assert_eq!(Quantity::find("room.attic.temperature", &closet), None);
    }
}
