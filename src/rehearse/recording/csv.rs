//! CSV: `time,sensor,value[,unit]`, in any order of columns.
//!
//! Times are RFC 3339, or seconds or milliseconds since 1970. Values are numbers, or `on`, `off`,
//! `true`, `false`; an empty one is left out. Quotes as in RFC 4180, on one line.

use std::{collections::BTreeMap, time::Duration};

use chrono::DateTime;
use indexmap::IndexMap;

use super::{Moment, RecordedSensor, Recording};
use crate::sensor::CONTACT_UNIT;

/// What is wrong with a CSV file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CsvError {
    /// From 1.
    pub line: usize,
    pub message: String,
}

/// More than this since 1970 are no seconds: the year 5138.
const SECONDS_END: f64 = 1e11;

/// Reads the text of a CSV file.
pub fn parse(text: &str) -> Result<Recording, CsvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let wrong = |line: usize, message: String| CsvError { line: line + 1, message };
    let Some((_, header)) = lines.next() else {
        return Err(wrong(0, "the file is empty".into()));
    };
    let columns = Columns::of(header).map_err(|message| wrong(0, message))?;
    let mut units: IndexMap<String, String> = IndexMap::new();
    let mut points = Vec::new();
    for (number, line) in lines {
        let fields = split(line);
        let field = |column: usize| fields.get(column).map(|field| field.trim()).unwrap_or("");
        let at = time(field(columns.time)).map_err(|message| wrong(number, message))?;
        let sensor = field(columns.sensor);
        if sensor.is_empty() {
            return Err(wrong(number, "the sensor has no name".into()));
        }
        let said_in_words = is_word(&field(columns.value).to_lowercase());
        let unit = match columns.unit.map(field).unwrap_or("") {
            "" if said_in_words => CONTACT_UNIT,
            unit => unit,
        };
        let entry = units.entry(sensor.to_owned());
        let index = entry.index();
        let known = entry.or_default();
        if known.is_empty() {
            unit.clone_into(known);
        }
        if let Some(value) =
            value(field(columns.value)).map_err(|message| wrong(number, message))?
        {
            points.push(Moment { at, sensor: index, outcome: Ok(value) });
        }
    }
    let every = usual_gaps(&points);
    let sensors = units.into_iter().enumerate().map(|(index, (name, unit))| {
        let unit = Some(unit).filter(|unit| !unit.is_empty());
        let every = every.get(&index).copied().unwrap_or(Duration::from_secs(60));
        RecordedSensor::of(name, unit, every)
    });
    Recording::of(sensors.collect(), points)
        .ok_or_else(|| wrong(0, "there is no reading in the file".into()))
}

struct Columns {
    time: usize,
    sensor: usize,
    value: usize,
    unit: Option<usize>,
}

impl Columns {
    fn of(header: &str) -> Result<Columns, String> {
        let names: Vec<String> =
            split(header).iter().map(|name| name.trim().to_lowercase()).collect();
        let find = |name: &str| names.iter().position(|each| each == name);
        let needed = |name: &str| {
            find(name).ok_or_else(|| {
                format!("the header has no `{name}`; it must be like `time,sensor,value,unit`")
            })
        };
        Ok(Columns {
            time: needed("time")?,
            sensor: needed("sensor")?,
            value: needed("value")?,
            unit: find("unit"),
        })
    }
}

/// The fields of one line.
fn split(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let field = fields.last_mut().expect("there is always one");
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                field.push('"');
                letters.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// Milliseconds since 1970.
fn time(text: &str) -> Result<i64, String> {
    if let Ok(number) = text.parse::<f64>() {
        let millis = if number.abs() < SECONDS_END { number * 1e3 } else { number };
        if DateTime::from_timestamp_millis(millis as i64).is_some() && millis.is_finite() {
            return Ok(millis.round() as i64);
        }
    } else if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.timestamp_millis());
    }
    Err(format!("`{text}` is no time; write 2026-07-15T14:00:00Z, or seconds since 1970"))
}

fn is_word(text: &str) -> bool {
    matches!(text, "on" | "true" | "off" | "false")
}

fn value(text: &str) -> Result<Option<f64>, String> {
    match text.to_lowercase().as_str() {
        "" => Ok(None),
        "on" | "true" => Ok(Some(1.0)),
        "off" | "false" => Ok(Some(0.0)),
        other => match other.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(format!("`{text}` is no value; it must be a number, on or off")),
        },
    }
}

/// The median time between each sensor's readings.
fn usual_gaps(points: &[Moment]) -> BTreeMap<usize, Duration> {
    let mut times: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for point in points {
        times.entry(point.sensor).or_default().push(point.at);
    }
    let median = |mut times: Vec<i64>| {
        times.sort_unstable();
        let mut gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_unstable();
        let gap = gaps.get(gaps.len() / 2).copied().unwrap_or(60_000);
        Duration::from_millis(u64::try_from(gap).unwrap_or(0).max(1_000))
    };
    times.into_iter().map(|(sensor, times)| (sensor, median(times))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rehearse::recording::Points;

    fn points(text: &str) -> Vec<(i64, String, f64)> {
        let recording = parse(text).unwrap();
        let Points::Here(points) = &recording.points else { panic!("it is in memory") };
        let name = |point: &Moment| recording.sensors[point.sensor].name.to_string();
        points.iter().map(|point| (point.at, name(point), point.outcome.clone().unwrap())).collect()
    }

    #[test]
    fn columns_times_and_values_come_in_many_shapes() {
        let read = points(
            "value,Sensor,time\n\"1.5\",\"a,b\",1970-01-01T00:00:10Z\n\n-2,c,20\non,c,30000000000000\n",
        );
        let expected = [(10_000, "a,b", 1.5), (20_000, "c", -2.0), (30_000_000_000_000, "c", 1.0)];
        assert_eq!(read, expected.map(|(at, name, value)| (at, name.to_owned(), value)));
    }

    #[test]
    fn a_unit_and_the_usual_gap_are_found() {
        let recording =
            parse("time,sensor,value,unit\n0,a,1,°C\n10,a,1,\n20,a,1,\n500,a,,\n600,a,2,°C")
                .unwrap();
        assert_eq!(recording.sensors[0].unit.as_deref(), Some("°C"));
        assert_eq!(recording.sensors[0].every, Duration::from_secs(10));
    }

    #[test]
    fn mistakes_name_their_line() {
        let mistake = |text: &str| parse(text).unwrap_err().to_string();
        assert!(mistake("").starts_with("line 1: the file is empty"));
        assert!(mistake("time,value\n").contains("no `sensor`"));
        assert!(mistake("time,sensor,value\n0,a,1\nnoon,a,1\n").starts_with("line 3: `noon`"));
        assert!(mistake("time,sensor,value\n0,a,hot\n").starts_with("line 2: `hot`"));
        assert!(mistake("time,sensor,value\n").contains("no reading"));
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(text in "(time,sensor,value\n)?([0-9a-z\",.\n-]|é){0,60}") {
            let _ = parse(&text);
        }
    }
}
