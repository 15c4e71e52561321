//! The server: keeps the devices in step with the switches, and the groups in step with the
//! interfaces.

use std::{
    collections::HashMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    task::AbortHandle,
    time::MissedTickBehavior,
};

use super::{
    Identity, connection,
    group::Group,
    house::{Device, House},
    interfaces::{self, Interface},
    searches,
    ssdp::Notice,
};
use crate::{
    store::SwitchIdentity,
    switch::{Change, Listed},
    tasks,
};

/// How often the interfaces are looked at.
const LOOK_AT_INTERFACES: Duration = Duration::from_secs(3);
/// Half of what an announcement is good for, less a little.
const ANNOUNCE_EVERY: Duration = Duration::from_secs(12 * 3600 - 30);
/// Between the announcements of two devices.
const APART: Duration = Duration::from_millis(2);
/// A port that somebody else has is tried again after this time, in the end: that somebody may be
/// the device's own predecessor, which goes in a moment.
const TRY_AGAIN: Duration = Duration::from_secs(5);
const TRY_AGAIN_FIRST: Duration = Duration::from_millis(20);
/// Ports tried for a device that nobody knows yet.
const NEW_PORTS: usize = 100;
/// Connections at a time, altogether and from one address.
const MOST_CONNECTIONS: usize = 512;
const MOST_FROM_ONE: usize = 128;

/// The running tasks, ended when this goes.
struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Shows the board's switches until `stopping` says so; then says goodbye.
pub async fn run(house: Arc<House>, mut stopping: watch::Receiver<bool>) {
    let changes = house.board.changes();
    let mut set = house.board.set();
    let pushing = Running(tasks::spawn(push(house.clone(), changes)).abort_handle());
    let doors = Arc::new(Doors::default());
    let mut devices: HashMap<Arc<str>, Running> = HashMap::new();
    let mut groups: HashMap<String, Running> = HashMap::new();
    let mut look = tokio::time::interval(LOOK_AT_INTERFACES);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut announce = tokio::time::interval(ANNOUNCE_EVERY);
    announce.reset();
    keep_groups(&house, &mut groups).await;
    keep_devices(&house, &doors, &mut devices).await;
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            Ok(()) = set.changed() => keep_devices(&house, &doors, &mut devices).await,
            _ = look.tick() => {
                keep_groups(&house, &mut groups).await;
                // Those whose identity could not be had a moment ago.
                keep_devices(&house, &doors, &mut devices).await;
            }
            _ = announce.tick() => {
                for group in house.groups() {
                    announce_all(&house, Notice::Alive, &group).await;
                }
            }
        }
    }
    drop((pushing, devices));
    for group in house.groups() {
        announce_all(&house, Notice::ByeBye, &group).await;
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // A dropped sender is an end, too.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn announce_all(house: &House, notice: Notice, group: &Group) {
    for device in house.devices() {
        house.announce(notice, &device, group).await;
        tokio::time::sleep(APART).await;
    }
}

/// Tells the subscribers of every change.
async fn push(house: Arc<House>, mut changes: broadcast::Receiver<Change>) {
    loop {
        let change = changes.recv().await;
        let (devices, now) = (house.devices(), house.clock.monotonic());
        match change {
            Ok(Change { name, shown }) => {
                if let Some(device) = devices.iter().find(|device| device.name == name) {
                    device.subscribers.publish(shown, now);
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {
                for device in devices {
                    if let Some(shown) = house.board.shown(&device.name) {
                        device.subscribers.publish(shown, now);
                    }
                }
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Joins the group where an interface has come or changed, and leaves it where one has gone.
async fn keep_groups(house: &Arc<House>, running: &mut HashMap<String, Running>) {
    let interfaces = match interfaces::now(&house.settings.interfaces) {
        Ok(interfaces) => interfaces,
        Err(error) => return tracing::warn!("the network interfaces cannot be listed: {error}"),
    };
    house.set_interfaces(interfaces.clone());
    let still = |group: &Group| interfaces.iter().any(|each| group.is_of(each));
    let known = house.groups();
    for group in known.iter().filter(|group| !still(group)) {
        running.remove(&group.interface.name);
    }
    house.change_groups(|groups| groups.retain(|group| still(group)));
    for interface in interfaces {
        if house.groups().iter().any(|group| group.is_of(&interface)) {
            continue;
        }
        let name = interface.name.clone();
        match join(house, interface).await {
            Ok(task) => drop(running.insert(name, task)),
            Err(error) => tracing::warn!(
                "searches on {name} are not heard: {error}; `watchpost doctor alexa` may know why"
            ),
        }
    }
}

async fn join(house: &Arc<House>, interface: Interface) -> io::Result<Running> {
    let group = Arc::new(Group::join(interface)?);
    house.change_groups(|groups| groups.push(group.clone()));
    let task = tasks::spawn(searches::serve(house.clone(), group.clone()));
    let (house, task) = (house.clone(), Running(task.abort_handle()));
    tasks::spawn(async move { announce_all(&house, Notice::Alive, &group).await });
    Ok(task)
}

/// Opens the devices of switches that have come, and closes those of switches that have gone.
async fn keep_devices(
    house: &Arc<House>,
    doors: &Arc<Doors>,
    running: &mut HashMap<Arc<str>, Running>,
) {
    let listed = house.board.list();
    let is_listed = |device: &Device| {
        listed.iter().any(|each| each.name == device.name && each.kind == device.kind)
    };
    for device in house.devices().into_iter().filter(|device| !is_listed(device)) {
        running.remove(&device.name);
        house.change_devices(|devices| devices.retain(|each| each.name != device.name));
        for group in house.groups() {
            house.announce(Notice::ByeBye, &device, &group).await;
        }
    }
    let new: Vec<Listed> =
        listed.into_iter().filter(|switch| !running.contains_key(&switch.name)).collect();
    let names: Vec<String> = new.iter().map(|switch| switch.name.to_string()).collect();
    if names.is_empty() {
        return;
    }
    let known = match house.store.switch_identities(names, house.settings.first_port).await {
        Ok(known) => known,
        Err(error) => return tracing::warn!("new devices are not there yet: {error}"),
    };
    for (switch, known) in new.into_iter().zip(known) {
        let name = switch.name.clone();
        let task = tasks::spawn(show(house.clone(), doors.clone(), switch, known));
        running.insert(name, Running(task.abort_handle()));
    }
}

/// Shows one switch until it is told to end.
async fn show(house: Arc<House>, doors: Arc<Doors>, switch: Listed, mut known: SwitchIdentity) {
    let mut wait = TRY_AGAIN_FIRST;
    let listener = loop {
        match open(&house, &switch.name, &mut known).await {
            Ok(listener) => break listener,
            // Once is enough.
            Err(error) if wait < TRY_AGAIN && wait * 2 >= TRY_AGAIN => {
                tracing::warn!("the device \"{}\" is not there: {error}", switch.name);
            }
            Err(_) => {}
        }
        tokio::time::sleep(wait).await;
        wait = TRY_AGAIN.min(wait * 2);
    };
    let identity = Identity { serial: known.serial, port: known.port };
    let (name, kind) = (switch.name, switch.kind);
    let device = Arc::new(Device { name, kind, identity, subscribers: Default::default() });
    house.change_devices(|devices| devices.push(device.clone()));
    for group in house.groups() {
        house.announce(Notice::Alive, &device, &group).await;
    }
    loop {
        match listener.accept().await {
            Ok((stream, SocketAddr::V4(from))) => {
                let Some(entered) =
                    house.is_near(*from.ip()).then(|| doors.enter(*from.ip())).flatten()
                else {
                    continue;
                };
                let (house, device) = (house.clone(), device.clone());
                tasks::spawn(async move {
                    connection::serve(stream, *from.ip(), &house, &device).await;
                    drop(entered);
                });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("\"{}\" takes no connection: {error}", device.name);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Opens the port of a device, which is its own for ever once somebody may know it.
async fn open(
    house: &House,
    name: &str,
    known: &mut SwitchIdentity,
) -> Result<TcpListener, String> {
    let tries = if known.is_new { NEW_PORTS } else { 1 };
    let mut taken = String::new();
    for _ in 0..tries {
        match TcpListener::bind((Ipv4Addr::UNSPECIFIED, known.port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => taken = format!("its port {} cannot be had: {error}", known.port),
        }
        if known.is_new && known.port < u16::MAX {
            let moved = house.store.move_switch(name, known.port + 1).await;
            known.port = moved.map_err(|error| error.to_string())?;
        }
    }
    Err(taken)
}

/// Counts who is in, so that one flood does not lock out the others.
#[derive(Default)]
struct Doors(Mutex<HashMap<Ipv4Addr, usize>>);

struct Entered {
    doors: Arc<Doors>,
    from: Ipv4Addr,
}

impl Doors {
    fn enter(self: &Arc<Self>, from: Ipv4Addr) -> Option<Entered> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = inside.values().sum();
        let own = inside.entry(from).or_default();
        if all >= MOST_CONNECTIONS || *own >= MOST_FROM_ONE {
            return None;
        }
        *own += 1;
        Some(Entered { doors: self.clone(), from })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut inside = self.doors.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = inside.get_mut(&self.from) {
            *own -= 1;
            if *own == 0 {
                inside.remove(&self.from);
            }
        }
    }
}
