//! `[site]`: what the place is called and where on earth it is.

use super::{Reader, names::check_name, timezone::suggest_timezone};
use crate::{
    clock::Zone,
    config::{field::Field, section::Section},
};

pub(super) struct Place {
    pub name: String,
    pub timezone: Zone,
    /// Degrees north and degrees east.
    pub coordinates: Option<(f64, f64)>,
}

impl Reader<'_> {
    pub(super) fn place(&self, root: &Section<'_>) -> Place {
        let section = root.section("site", "[site]");
        let name = section.field("name").and_then(|field| {
            let text = field.text()?;
            check_name(self.mistakes, "a site", text, field.span()).then(|| text.to_owned())
        });
        let timezone = section.field("timezone").and_then(|field| timezone(&field));
        let latitude = section.field("latitude");
        let longitude = section.field("longitude");
        if let (Some(field), None) | (None, Some(field)) = (&latitude, &longitude) {
            let other = if field.key == "latitude" { "longitude" } else { "latitude" };
            field.wrong(
                format!("`{}` says nothing without `{other}`", field.key),
                format!("`{other}` is missing"),
                format!("add `{other}`: degrees, north and east are positive"),
            );
        }
        let north = latitude.and_then(|field| degrees(&field, 90.0));
        let east = longitude.and_then(|field| degrees(&field, 180.0));
        section.finish();
        Place {
            name: name.unwrap_or_else(|| self.surroundings.host_name.clone()),
            timezone: timezone.unwrap_or(self.surroundings.timezone),
            coordinates: north.zip(east),
        }
    }
}

fn timezone(field: &Field<'_>) -> Option<Zone> {
    let name = field.text()?;
    let zone = name.parse().ok();
    if zone.is_none() {
        let help = match suggest_timezone(name) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "a name of the tz database: \"Europe/Berlin\", \"UTC\"".into(),
        };
        field.wrong(format!("there is no time zone `{name}`"), "not known", help);
    }
    zone
}

fn degrees(field: &Field<'_>, most: f64) -> Option<f64> {
    let degrees = field.number()?;
    let plausible = degrees.abs() <= most;
    if !plausible {
        field.wrong(
            format!("`{}` is not on this earth", field.key),
            format!("must be from -{most} to {most}"),
            None,
        );
    }
    plausible.then_some(degrees)
}
