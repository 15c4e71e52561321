//! The scripts' switches over the broker: shown as they are, asked for what is sent.

use std::collections::BTreeSet;

use tokio::sync::broadcast::error::RecvError;

use crate::{
    mqtt::{
        Bus,
        discovery::{self, Discovery},
        topic::Topics,
    },
    plan::Origin,
    switch::{Kind, Listed, Shown, Switchboard, Wish},
};

/// Shows every switch, and describes it where there is somebody to describe it to.
pub async fn show_switches(
    bus: Bus,
    topics: Topics,
    board: Switchboard,
    discovery: Option<Discovery>,
) {
    let (mut changes, mut set) = (board.changes(), board.set());
    let mut told = BTreeSet::new();
    loop {
        let listed = board.list();
        let mut present = BTreeSet::new();
        for switch in &listed {
            for (topic, payload) in state(&topics, switch.kind, &switch.name, &switch.shown) {
                bus.show(topic.clone(), payload);
                present.insert(topic);
            }
            if let Some(to) = &discovery {
                let (topic, payload) = describe(to, switch);
                bus.show(topic.clone(), payload);
                present.insert(topic);
            }
        }
        for gone in told.difference(&present) {
            // An empty retained message removes the one before it.
            bus.show(String::clone(gone), "");
        }
        told = present;
        let over = tokio::select! {
            biased;
            come_and_gone = set.changed() => come_and_gone.is_err(),
            // All states are shown anew: those that were missed are among them.
            change = changes.recv() => matches!(change, Err(RecvError::Closed)),
        };
        if over {
            return;
        }
    }
}

/// Takes back the states of switches that no script has any more.
pub async fn forget_states(bus: Bus, topics: Topics, board: Switchboard) {
    let mut inbox = bus.listen(&topics.switches());
    while let Some(message) = inbox.recv().await {
        let Some(name) = topics.switch_of(&message.topic) else { continue };
        if message.retained && !message.payload.is_empty() && board.shown(&name).is_none() {
            bus.show(message.topic.clone(), "");
        }
    }
}

/// The entities that the switches are.
pub fn entities(board: &Switchboard) -> BTreeSet<String> {
    board.list().iter().map(|switch| discovery::switch_entity(&switch.name)).collect()
}

/// Asks a switch for what a payload says.
///
/// # Errors
/// Why it is not asked.
pub fn ask(board: &Switchboard, name: &str, payload: &[u8]) -> Result<(), String> {
    let wish = wish(payload).ok_or("a switch is sent ON, OFF, or a brightness from 0 to 100")?;
    let shown = board.ask(name, wish, Origin::Mqtt);
    shown.map(drop).map_err(|refused| format!("the switch {name:?}: {refused}"))
}

fn wish(payload: &[u8]) -> Option<Wish> {
    Some(match payload {
        b"ON" => Wish { on: true, brightness: None },
        b"OFF" => Wish { on: false, brightness: None },
        number => {
            let percent: u8 = std::str::from_utf8(number).ok()?.trim().parse().ok()?;
            (percent <= 100).then_some(Wish { on: percent > 0, brightness: Some(percent) })?
        }
    })
}

fn state(topics: &Topics, kind: Kind, name: &str, shown: &Shown) -> Vec<(String, String)> {
    let on = if shown.on { "ON" } else { "OFF" };
    let mut states = vec![(topics.switch(name), on.to_owned())];
    if kind == Kind::Dimmer {
        states.push((topics.switch_brightness(name), shown.brightness.to_string()));
    }
    states
}

fn describe(to: &Discovery, switch: &Listed) -> discovery::Described {
    match switch.kind {
        Kind::Switch | Kind::Momentary => discovery::switch(to, &switch.name),
        Kind::Dimmer => discovery::light(to, &switch.name),
        Kind::Sensor => discovery::contact(to, &switch.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_a_word_or_a_brightness() {
        assert_eq!(wish(b"ON"), Some(Wish { on: true, brightness: None }));
        assert_eq!(wish(b"40"), Some(Wish { on: true, brightness: Some(40) }));
        assert_eq!(wish(b"0"), Some(Wish { on: false, brightness: Some(0) }));
        assert!([&b"on"[..], b"101", b"-1", b"", b"\xff"].iter().all(|sent| wish(sent).is_none()));
    }
}
