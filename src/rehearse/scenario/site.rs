//! A scenario's hosts and sensors in the shape in which the agent knows a site's.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{HostPlan, MachineKind, OutputPlan, Scenario, SensorPlan};
use crate::{
    config::{FilterSettings, OutputDrive, OutputSettings, SensorSettings, Site},
    host::{
        Host, HostCommands, HostKind, Inventory, SshSettings, SwitchGuard, Template,
        libvirt::LibvirtTemplate,
        scan::{PortSet, ScanSettings, Targets},
    },
    output::Level,
    subnet::Subnet,
};

impl Scenario {
    /// The hosts, in the order of the file. They have no address: nothing real answers for them.
    pub fn inventory(&self) -> Inventory {
        let templates = self
            .templates
            .iter()
            .map(|name| (name.as_str().into(), Template::Libvirt(LibvirtTemplate::simulated())));
        let costs = self.costs.iter().flat_map(|cost| {
            let name: Arc<str> = cost.name.as_str().into();
            cost.templates.iter().map(move |it| (it.as_str().into(), name.clone()))
        });
        Inventory::new(self.hosts.iter().map(host))
            .with_templates(templates)
            .with_template_costs(costs)
    }

    /// The networks of a closet without a site file: one, in which everything stands.
    pub fn networks(&self) -> ScanSettings {
        let home = Subnet::of([192, 168, 1, 0].into(), [255, 255, 255, 0].into());
        let lan = Targets { ranges: vec![home], ports: PortSet::default() };
        let networks = [("lan".into(), lan)].into_iter().collect();
        ScanSettings { networks, ..ScanSettings::default() }
    }

    /// The relays, as a site file would describe them.
    pub fn output_settings(&self) -> Vec<OutputSettings> {
        let output = |plan: &OutputPlan| OutputSettings {
            name: plan.name.as_str().into(),
            drive: OutputDrive::Pin(plan.pin.clone()),
            span: 0..0,
            active_low: false,
            initial: Level::Switch(plan.initial),
            safe: Level::Switch(plan.safe),
            max_on: None,
            min_switch: Duration::ZERO,
            interlock: Vec::new(),
        };
        self.outputs.iter().map(output).collect()
    }

    /// Puts a site's own hosts in the place of the scenario's: those of the same name as they are,
    /// the others as ordinary machines in the first room.
    pub fn stand_in_for(&mut self, site: &Inventory) {
        let room = self.rooms.first().map(|room| room.name.clone());
        let known = std::mem::take(&mut self.hosts);
        self.hosts = site
            .iter()
            .map(|host| {
                let same = known.iter().find(|plan| *plan.name == *host.name).cloned();
                HostPlan {
                    name: host.name.to_string(),
                    kind: machine_kind(host.kind),
                    on: host.on.as_deref().map(str::to_owned),
                    tags: host.tags.clone(),
                    ..same.unwrap_or_else(|| {
                        let is_made = host.kind != HostKind::Placed;
                        let ordinary = HostPlan::ordinary(room.clone());
                        HostPlan { made: is_made, running: is_made, ..ordinary }
                    })
                }
            })
            .collect();
    }

    /// Makes a site and this world fit: the site's hosts stand in the world, the world's sensors
    /// and hosts serve a site that has none, and the site's place is the world's.
    pub fn take_in(&mut self, mut site: Site) -> Site {
        if site.hosts.names().next().is_some() {
            self.stand_in_for(&site.hosts);
            self.know_the_far(&site.hosts);
        } else {
            site.hosts = Arc::new(self.inventory());
        }
        if site.file.is_none() {
            site.scans = Arc::new(self.networks());
        }
        for sensor in site.sensors.iter().filter(|sensor| sensor.driver == "mqtt") {
            // It is heard over the broker here, too.
            let plans = self.sensors.iter_mut();
            plans
                .filter(|plan| *plan.name == *sensor.name)
                .for_each(|plan| plan.driver.clone_from(&sensor.driver));
        }
        self.give_costs(&mut site.costs, site.file.is_some());
        if site.outputs.is_empty() {
            site.outputs = self.output_settings();
        }
        let known = self.sensor_settings();
        if site.sensors.is_empty() {
            site.sensors = known;
        } else {
            for sensor in &mut site.sensors {
                measure_here(sensor, known.iter().find(|each| each.name == sensor.name));
            }
        }
        if site.file.is_none() {
            site.timezone = self.place.timezone;
        } else {
            self.place.timezone = site.timezone;
        }
        match site.place {
            Some((latitude, longitude)) => {
                (self.place.latitude, self.place.longitude) = (latitude, longitude);
            }
            None => site.place = Some((self.place.latitude, self.place.longitude)),
        }
        site
    }

    /// The sensors, in the order of the file.
    pub fn sensor_settings(&self) -> Vec<SensorSettings> {
        self.sensors.iter().map(sensor).collect()
    }
}

fn machine_kind(kind: HostKind) -> MachineKind {
    match kind {
        HostKind::Physical | HostKind::ThisBoard => MachineKind::Physical,
        HostKind::Ssh => MachineKind::Ssh,
        HostKind::Libvirt => MachineKind::Libvirt,
        HostKind::Placed => MachineKind::Placed,
    }
}

/// A site's own sensor measures what the world's sensor of its name measures; without one it is
/// a file that is not there.
fn measure_here(sensor: &mut SensorSettings, known: Option<&SensorSettings>) {
    match known {
        Some(known) => {
            sensor.driver = known.driver.clone();
            sensor.options = known.options.clone();
            (sensor.scale, sensor.offset) = (known.scale, 0.0);
        }
        None => {
            let path = format!("/simulated/{}", sensor.name);
            sensor.driver = "file".into();
            sensor.options = [("path".to_owned(), toml::Value::from(path))].into_iter().collect();
        }
    }
    sensor.unit = sensor.unit.take().or_else(|| known.and_then(|known| known.unit.clone()));
}

/// Patience beyond what a simulated host needs, as an owner would allow a real one.
const SLACK: Duration = Duration::from_secs(120);

fn host(plan: &HostPlan) -> Host {
    Host {
        name: plan.name.as_str().into(),
        kind: match plan.kind {
            MachineKind::Physical => HostKind::Physical,
            MachineKind::Ssh => HostKind::Ssh,
            MachineKind::Libvirt => HostKind::Libvirt,
            MachineKind::Placed => HostKind::Placed,
        },
        address: None,
        mac: None,
        wake: Default::default(),
        on: plan.on.as_deref().map(Into::into),
        tags: plan.tags.clone(),
        ssh: SshSettings {
            user: String::new(),
            port: 22,
            key: None,
            passphrase: None,
            known_hosts: PathBuf::new(),
            jump: None,
        },
        commands: HostCommands::default(),
        domain: None,
        // Nothing real is deleted here.
        allow_destroy: plan.kind == MachineKind::Placed,
        mqtt: false,
        start_within: plan.boot.0 + SLACK,
        voice: false,
        stop_within: plan.shutdown.0 + SLACK,
        force_after: None,
        command_within: plan.command.0.max(plan.update.0) + SLACK,
        guard: SwitchGuard::default(),
    }
}

fn sensor(plan: &SensorPlan) -> SensorSettings {
    let (driver, options) = match plan.file() {
        Some(path) if plan.is_heard() => (
            "file".to_owned(),
            [("path".to_owned(), toml::Value::from(path))].into_iter().collect(),
        ),
        _ => (plan.driver.clone(), plan.options.clone().into_iter().collect()),
    };
    SensorSettings {
        name: plan.name.as_str().into(),
        driver,
        every: plan.every.0,
        max_age: plan.max_age.map_or(plan.every.0 * 6, |span| span.0),
        range: plan.range,
        smooth: None,
        scale: plan.scale,
        offset: 0.0,
        filters: FilterSettings::default(),
        unit: plan.unit.clone(),
        options,
    }
}
