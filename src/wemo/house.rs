//! What all parts of the server share: the devices, who is near, what was asked.

use std::{
    net::Ipv4Addr,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};

use super::{
    Identity, Kind,
    events::Subscribers,
    group::Group,
    interfaces::Interface,
    log::{Asking, Log},
    ssdp::{self, Address, Notice},
};
use crate::{clock::Clock, config::AlexaSettings, store::Store, switch::Switchboard};

/// One switch, as it is shown.
#[derive(Debug)]
pub struct Device {
    pub name: Arc<str>,
    pub kind: Kind,
    pub identity: Identity,
    pub subscribers: Subscribers,
}

impl Device {
    pub fn udn(&self) -> String {
        self.kind.udn(&self.identity.serial)
    }
}

pub struct House {
    pub board: Switchboard,
    pub clock: Clock,
    pub store: Store,
    pub settings: AlexaSettings,
    /// Another one after every start, as UPnP wants it.
    pub boot: String,
    pub log: Log,
    devices: RwLock<Vec<Arc<Device>>>,
    groups: RwLock<Vec<Arc<Group>>>,
    /// Those that are there, also where searches cannot be heard: who knows a device may use it.
    interfaces: RwLock<Vec<Interface>>,
}

/// A device as the doctor sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shown {
    pub name: String,
    pub udn: String,
    pub port: u16,
    pub on: bool,
    pub subscribers: usize,
}

/// The server as the doctor sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub devices: Vec<Shown>,
    /// The interfaces on which searches are heard.
    pub interfaces: Vec<String>,
    pub asked: Vec<Asking>,
}

impl House {
    pub fn new(settings: AlexaSettings, board: Switchboard, store: Store, clock: Clock) -> Self {
        let chance = fastrand::u128(..);
        let hex = format!("{chance:032x}");
        let boot = format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        );
        House {
            board,
            clock,
            store,
            settings,
            boot,
            log: Log::default(),
            devices: RwLock::default(),
            groups: RwLock::default(),
            interfaces: RwLock::default(),
        }
    }

    pub fn devices(&self) -> Vec<Arc<Device>> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change_devices(&self, change: impl FnOnce(&mut Vec<Arc<Device>>)) {
        change(&mut self.devices.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn groups(&self) -> Vec<Arc<Group>> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn change_groups(&self, change: impl FnOnce(&mut Vec<Arc<Group>>)) {
        change(&mut self.groups.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether this client is answered: from the board's own subnets, or one of those allowed.
    pub fn is_near(&self, client: Ipv4Addr) -> bool {
        client.is_loopback()
            || self.settings.allow.iter().any(|subnet| subnet.contains(client))
            || self
                .interfaces
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .any(|interface| interface.is_near(client))
    }

    pub(super) fn set_interfaces(&self, interfaces: Vec<Interface>) {
        *self.interfaces.write().unwrap_or_else(PoisonError::into_inner) = interfaces;
    }

    pub fn note(&self, from: Ipv4Addr, what: String, refused: Option<&str>) {
        let refused = refused.map(str::to_owned);
        self.log.note(Asking { at: self.clock.now(), from, what, refused });
    }

    /// Says on one interface that a device is there, or goes.
    pub(super) async fn announce(&self, notice: Notice, device: &Device, group: &Group) {
        let interface: &Interface = &group.interface;
        let Some((ip, _)) = interface.addresses.first() else { return };
        let at = Address { ip: *ip, port: device.identity.port };
        for text in ssdp::notices(notice, device.kind, &device.udn(), at, &self.boot) {
            if let Err(error) = group.announce(&text).await {
                tracing::debug!("nothing can be announced on {}: {error}", interface.name);
                return;
            }
        }
    }

    pub fn status(&self) -> Status {
        let devices = self.devices();
        let shown = devices.iter().map(|device| Shown {
            name: device.name.to_string(),
            udn: device.udn(),
            port: device.identity.port,
            on: self.board.shown(&device.name).is_some_and(|shown| shown.on),
            subscribers: device.subscribers.count(self.clock.monotonic()),
        });
        Status {
            devices: shown.collect(),
            interfaces: self.groups().iter().map(|group| group.interface.name.clone()).collect(),
            asked: self.log.latest(),
        }
    }
}
