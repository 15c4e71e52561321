//! Where the sun stands and how strongly it shines.
//!
//! The position follows NOAA's "General Solar Position Calculations"
//! (<https://gml.noaa.gov/grad/solcalc/solareqns.PDF>), good to a fraction of a degree; the light
//! under a clear sky follows B. Haurwitz (1945), under clouds F. Kasten and G. Czeplak (1980).

use std::f64::consts::TAU;

use chrono::{DateTime, Datelike, Timelike, Utc};

/// Degrees of the sun's centre over the horizon, without refraction.
///
/// `latitude` in degrees north, `longitude` in degrees east.
pub fn elevation(at: DateTime<Utc>, latitude: f64, longitude: f64) -> f64 {
    let minutes = minutes_of_day(at);
    let year = TAU / 365.0 * (f64::from(at.ordinal0()) + (minutes / 60.0 - 12.0) / 24.0);
    let (sin1, cos1) = year.sin_cos();
    let (sin2, cos2) = (2.0 * year).sin_cos();
    let (sin3, cos3) = (3.0 * year).sin_cos();
    let equation_of_time = 229.18
        * (0.000_075 + 0.001_868 * cos1 - 0.032_077 * sin1 - 0.014_615 * cos2 - 0.040_849 * sin2);
    let declination = 0.006_918 - 0.399_912 * cos1 + 0.070_257 * sin1 - 0.006_758 * cos2
        + 0.000_907 * sin2
        - 0.002_697 * cos3
        + 0.001_48 * sin3;
    let solar_minutes = minutes + equation_of_time + 4.0 * longitude;
    let hour_angle = (solar_minutes / 4.0 - 180.0).to_radians();
    let latitude = latitude.to_radians();
    let sine =
        latitude.sin() * declination.sin() + latitude.cos() * declination.cos() * hour_angle.cos();
    sine.clamp(-1.0, 1.0).asin().to_degrees()
}

/// W/m² on level ground, with a part of the sky (0 to 1) behind clouds.
pub fn irradiance(elevation: f64, clouds: f64) -> f64 {
    if elevation <= 0.0 {
        return 0.0;
    }
    let sine = elevation.to_radians().sin();
    let clear = 1098.0 * sine * (-0.057 / sine).exp();
    clear * (1.0 - 0.75 * clouds.powf(3.4))
}

/// Hours since midnight by the mean sun, 0 to 24.
pub fn solar_hour(at: DateTime<Utc>, longitude: f64) -> f64 {
    (minutes_of_day(at) / 60.0 + longitude / 15.0).rem_euclid(24.0)
}

fn minutes_of_day(at: DateTime<Utc>) -> f64 {
    f64::from(at.num_seconds_from_midnight()) / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    const BERLIN: (f64, f64) = (52.5, 13.4);

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The highest elevation of a day over Berlin, and when.
    fn peak(day: &str) -> (f64, DateTime<Utc>) {
        let start = at(&format!("{day}T00:00:00Z"));
        (0..1440)
            .map(|minute| start + TimeDelta::minutes(minute))
            .map(|at| (elevation(at, BERLIN.0, BERLIN.1), at))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap()
    }

    #[test]
    fn solstices_peak_as_geometry_says() {
        let tilt = 23.44;
        assert!((peak("2026-06-21").0 - (90.0 - BERLIN.0 + tilt)).abs() < 0.1);
        assert!((peak("2026-12-21").0 - (90.0 - BERLIN.0 - tilt)).abs() < 0.1);
    }

    #[test]
    fn the_peak_is_at_solar_noon() {
        // 13.4° east is 54 minutes before Greenwich; the sun is 6 minutes late in mid July.
        let (_, noon) = peak("2026-07-15");
        let expected = at("2026-07-15T11:12:00Z");
        assert!((noon - expected).num_minutes().abs() <= 3, "{noon}");
    }

    #[test]
    fn no_light_at_night_and_less_under_clouds() {
        assert_eq!(irradiance(elevation(at("2026-07-15T23:00:00Z"), 52.5, 13.4), 0.0), 0.0);
        let noon = elevation(at("2026-07-15T11:00:00Z"), 52.5, 13.4);
        assert!(irradiance(noon, 0.0) > 850.0);
        assert!((irradiance(noon, 1.0) / irradiance(noon, 0.0) - 0.25).abs() < 1e-9);
    }
}
