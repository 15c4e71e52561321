//! What holds for one minute: the sun, the clouds, the hour's price.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::{clouds, sun};
use crate::rehearse::scenario::{RoomPlan, Scenario};

/// Seconds for which the sky and the clock's hour are taken as they are in the middle.
const LENGTH_S: i64 = 60;

/// The inputs that change slowly, for one minute of the calendar.
#[derive(Clone, Debug)]
pub struct Moment {
    pub ends: DateTime<Utc>,
    /// Local time of the day at its beginning.
    pub local: NaiveTime,
    solar_hour: f64,
    pub elevation: f64,
    /// W/m² on level ground.
    pub irradiance: f64,
    /// W of the solar array.
    pub solar_watts: f64,
    /// For one kWh.
    pub price: f64,
}

impl Moment {
    pub fn containing(at: DateTime<Utc>, scenario: &Scenario) -> Moment {
        let place = &scenario.place;
        let begins = at.timestamp().div_euclid(LENGTH_S) * LENGTH_S;
        let begins = DateTime::from_timestamp(begins, 0).unwrap_or(at);
        let middle = begins + TimeDelta::seconds(LENGTH_S / 2);
        let local = begins.with_timezone(&place.timezone).time();
        let elevation = sun::elevation(middle, place.latitude, place.longitude);
        let cloudiness = scenario.solar.as_ref().map_or(0.0, |solar| solar.cloudiness);
        let irradiance = if elevation > 0.0 {
            sun::irradiance(elevation, clouds::cover(place.seed, cloudiness, middle))
        } else {
            0.0
        };
        let rate = scenario.mains.rates.iter().find(|rate| rate.during.contains(local));
        Moment {
            ends: begins + TimeDelta::seconds(LENGTH_S),
            local,
            solar_hour: sun::solar_hour(middle, place.longitude),
            elevation,
            irradiance,
            solar_watts: scenario.solar.as_ref().map_or(0.0, |s| s.peak_watts * irradiance / 1e3),
            price: rate.map_or(scenario.mains.price, |rate| rate.price),
        }
    }

    /// °C around a room: warmest at three in the afternoon by the sun.
    pub fn surroundings(&self, room: &RoomPlan) -> f64 {
        let angle = (self.solar_hour - 15.0) / 24.0 * std::f64::consts::TAU;
        let middle = (room.warmest + room.coolest) / 2.0;
        middle + (room.warmest - room.coolest) / 2.0 * angle.cos()
    }
}
