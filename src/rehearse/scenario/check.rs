//! Whether the parts of a scenario fit together.

use std::{collections::BTreeSet, ops::RangeInclusive};

use super::{FaultPlan, FaultWhat, HostPlan, Quantity, RoomPlan, Scenario, ScenarioError};

type Checked = Result<(), ScenarioError>;

/// The drivers of which a scenario has the other side.
const DRIVERS: [&str; 5] = ["mcp9808", "ina226", "file", "gpio", "mqtt"];

/// The acts that may be told to fail.
const ACTS: [&str; 8] =
    ["start", "stop", "restart", "shell", "upload", "update", "create", "destroy"];

pub fn check(scenario: &Scenario) -> Checked {
    let place = &scenario.place;
    within("place", "latitude", place.latitude, -90.0..=90.0)?;
    within("place", "longitude", place.longitude, -180.0..=180.0)?;
    unique("rooms", scenario.rooms.iter().map(|room| room.name.as_str()))?;
    unique("hosts", scenario.hosts.iter().map(|host| host.name.as_str()))?;
    unique("contacts", scenario.contacts.iter().map(|contact| contact.name.as_str()))?;
    unique("sensors", scenario.sensors.iter().map(|sensor| sensor.name.as_str()))?;
    scenario.rooms.iter().try_for_each(room)?;
    scenario.hosts.iter().try_for_each(|plan| host(scenario, plan))?;
    if let Some(solar) = &scenario.solar {
        within("solar", "peak_watts", solar.peak_watts, 0.0..=1e9)?;
        within("solar", "cloudiness", solar.cloudiness, 0.0..=1.0)?;
    }
    if let Some(board) = &scenario.board {
        known_room(scenario, "board", Some(&board.room))?;
    }
    for contact in &scenario.contacts {
        let place = format!("contacts {}", contact.name);
        known_room(scenario, &place, contact.room.as_ref())?;
        within(&place, "leak", contact.leak, 0.0..=1e6)?;
    }
    sensors(scenario)?;
    unique("costs", scenario.costs.iter().map(|cost| cost.name.as_str()))?;
    scenario.costs.iter().try_for_each(super::cost::check)?;
    scenario.faults.iter().try_for_each(|plan| fault(scenario, plan))
}

fn room(plan: &RoomPlan) -> Checked {
    let place = format!("rooms {}", plan.name);
    within(&place, "heat_capacity", plan.heat_capacity, 1.0..=1e12)?;
    within(&place, "leak", plan.leak, 1e-3..=1e6)?;
    within(&place, "sunlit", plan.sunlit, 0.0..=1e4)?;
    within(&place, "coolest", plan.coolest, -90.0..=plan.warmest)?;
    within(&place, "warmest", plan.warmest, -90.0..=1000.0)
}

fn host(scenario: &Scenario, plan: &HostPlan) -> Checked {
    let place = format!("hosts {}", plan.name);
    known_room(scenario, &place, plan.room.as_ref())?;
    within(&place, "idle_watts", plan.idle_watts, 0.0..=1e6)?;
    within(&place, "busy_watts", plan.busy_watts, plan.idle_watts..=1e6)?;
    within(&place, "heat_share", plan.heat_share, 0.0..=1.0)?;
    within(&place, "failure_probability", plan.failure_probability, 0.0..=1.0)?;
    for act in &plan.fails {
        if !ACTS.contains(&act.as_str()) {
            let message = format!("`fails` knows no `{act}`; it knows {}", ACTS.join(", "));
            return Err(ScenarioError::wrong(place, message));
        }
    }
    let Some(base) = &plan.on else { return Ok(()) };
    match scenario.host(base).map(|base| &scenario.hosts[base]) {
        None => {
            Err(ScenarioError::wrong(place, format!("`on` names `{base}`, which is no host here")))
        }
        Some(base) if base.name == plan.name => {
            Err(ScenarioError::wrong(place, "it cannot run on itself"))
        }
        Some(base) if base.on.is_some() => {
            let message = format!("it cannot run on `{}`, which itself runs on a host", base.name);
            Err(ScenarioError::wrong(place, message))
        }
        Some(base) if plan.running && !base.running => {
            let message = format!("it cannot be running while `{}` is not", base.name);
            Err(ScenarioError::wrong(place, message))
        }
        Some(_) => Ok(()),
    }
}

fn sensors(scenario: &Scenario) -> Checked {
    for sensor in &scenario.sensors {
        let place = format!("sensors {}", sensor.name);
        if Quantity::find(&sensor.quantity, scenario).is_none() {
            let message = format!(
                "nothing here is called `{}`; there are {}",
                sensor.quantity,
                Quantity::names(scenario).join(", ")
            );
            return Err(ScenarioError::wrong(place, message));
        }
        if !DRIVERS.contains(&sensor.driver.as_str()) {
            let message = format!(
                "`{}` is no driver of a simulated sensor; there are {}",
                sensor.driver,
                DRIVERS.join(", ")
            );
            return Err(ScenarioError::wrong(place, message));
        }
        within(&place, "noise", sensor.noise, 0.0..=1e9)?;
        within(&place, "scale, without its sign,", sensor.scale.abs(), 1e-12..=1e12)?;
        within(&place, "every, in seconds,", sensor.every.0.as_secs_f64(), 1.0..=1e9)?;
    }
    Ok(())
}

fn fault(scenario: &Scenario, plan: &FaultPlan) -> Checked {
    let own =
        matches!(plan.what, FaultWhat::BrokerAway | FaultWhat::PowerCut | FaultWhat::ClockJump);
    let place = if own { "faults".to_owned() } else { format!("faults of {}", plan.of) };
    let (known, kind) = match plan.what {
        FaultWhat::SensorStuck | FaultWhat::SensorGone => (scenario.sensor(&plan.of), "sensor"),
        FaultWhat::HostDead => (scenario.host(&plan.of), "host"),
        FaultWhat::BrokerAway | FaultWhat::PowerCut | FaultWhat::ClockJump => (Some(0), "agent"),
    };
    if own && !plan.of.is_empty() {
        return Err(ScenarioError::wrong(place, "this befalls the agent itself: leave out `of`"));
    }
    if known.is_none() {
        return Err(ScenarioError::wrong(place, format!("`{}` is no {kind} here", plan.of)));
    }
    let jumps = plan.what == FaultWhat::ClockJump;
    if jumps != plan.by.is_some() {
        return Err(ScenarioError::wrong(
            place,
            "a `clock-jump` needs `by`, and nothing else has it",
        ));
    }
    if !jumps && plan.lasts.0.is_zero() {
        return Err(ScenarioError::wrong(place, "say how long it `lasts`"));
    }
    if plan.value.is_some() && plan.what != FaultWhat::SensorStuck {
        return Err(ScenarioError::wrong(place, "`value` belongs to `sensor-stuck` alone"));
    }
    Ok(())
}

fn within(place: &str, key: &str, value: f64, range: RangeInclusive<f64>) -> Checked {
    if range.contains(&value) {
        return Ok(());
    }
    let (low, high) = range.into_inner();
    Err(ScenarioError::wrong(place, format!("{key} is {value}, and must be {low} to {high}")))
}

fn unique<'a>(list: &str, names: impl Iterator<Item = &'a str>) -> Checked {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ScenarioError::wrong(list, format!("`{name}` stands there twice")));
        }
    }
    Ok(())
}

fn known_room(scenario: &Scenario, place: &str, room: Option<&String>) -> Checked {
    match room {
        Some(room) if scenario.room(room).is_none() => Err(ScenarioError::wrong(
            place,
            format!("`room` names `{room}`, which is no room here"),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(from: &str, to: &str) -> String {
        let text = super::super::CLOSET;
        assert!(text.contains(from), "{from}");
        Scenario::parse(&text.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn every_mistake_says_where_and_how_to_mend_it() {
        let mistakes = [
            mistake("latitude = 52.5", "latitude = 152.5"),
            mistake("on = \"big-iron\"", "on = \"bigiron\""),
            mistake("on = \"big-iron\"", "on = \"plex\""),
            mistake("on = \"big-iron\"", "on = \"big-iron\"\nfails = [\"explode\"]"),
            mistake("name = \"bar\"", "name = \"foo\""),
            mistake("quantity = \"sun.elevation\"", "quantity = \"moon.elevation\""),
            mistake("driver = \"mcp9808\"", "driver = \"bme280\""),
            mistake("leak = 30.0", "leak = 0.0"),
            mistake("scale = 0.001", "scale = 0.0"),
            mistake("[[rooms]]", "[[faults]]\nwhat = \"clock-jump\"\nat = \"1h\"\n[[rooms]]"),
            mistake("[[rooms]]", "[[faults]]\nwhat = \"power-cut\"\nat = \"1h\"\n[[rooms]]"),
        ];
        insta::assert_snapshot!(mistakes.join("\n"));
    }
}
