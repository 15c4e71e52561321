//! Descriptions in libvirt's XML (<https://libvirt.org/formatdomain.html>, `formatstorage.html`).

use quick_xml::{
    Reader,
    escape::escape,
    events::{BytesStart, Event},
};

use super::{LibvirtTemplate, mark::Mark, template::Network};

/// How machines are run on a hypervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// `kvm`, or `qemu` where the processor does not help.
    pub kind: String,
    /// `x86_64`, `aarch64`…
    pub arch: String,
}

impl Platform {
    /// The best that the hypervisor's capabilities allow for its own kind of processor.
    pub fn of_capabilities(xml: &str) -> Option<Self> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().trim_text(true);
        let (mut path, mut host, mut guest) = (Vec::new(), None, String::new());
        let mut kinds: Vec<String> = Vec::new();
        loop {
            match reader.read_event().ok()? {
                Event::Eof => break,
                Event::Start(element) => {
                    let name = name_of(&element);
                    // <guest><arch name="x86_64"><domain type="kvm">
                    if name == "arch" {
                        guest = attribute(&element, "name").unwrap_or_default();
                    }
                    if name == "domain" && host.as_ref() == Some(&guest) {
                        kinds.extend(attribute(&element, "type"));
                    }
                    path.push(name);
                }
                Event::Empty(element)
                    if name_of(&element) == "domain" && host.as_ref() == Some(&guest) =>
                {
                    kinds.extend(attribute(&element, "type"));
                }
                Event::Text(text) if path.join("/") == "capabilities/host/cpu/arch" => {
                    host = Some(text.to_string());
                }
                Event::End(_) => drop(path.pop()),
                _ => {}
            }
        }
        let best = kinds.iter().find(|kind| *kind == "kvm").or(kinds.first())?.clone();
        Some(Platform { kind: best, arch: host? })
    }
}

fn name_of(element: &BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

/// The format in a volume's description: `qcow2`, `raw`.
pub fn volume_format(xml: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return None,
            Event::Start(element) | Event::Empty(element) if name_of(&element) == "format" => {
                return attribute(&element, "type");
            }
            _ => {}
        }
    }
}

/// A volume of `capacity` bytes.
pub fn volume(name: &str, capacity: u64, format: &str) -> String {
    format!(
        "<volume><name>{}</name><capacity unit=\"bytes\">{capacity}</capacity>\
         <target><format type=\"{}\"/></target></volume>",
        escape(name),
        escape(format),
    )
}

/// A disk of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    pub pool: String,
    pub volume: String,
    pub format: String,
    pub is_read_only: bool,
}

/// A machine with its disks, the first of which it boots from. The UUID is known once it has been
/// defined.
pub fn domain(
    name: &str,
    uuid: Option<[u8; 16]>,
    template: &LibvirtTemplate,
    platform: &Platform,
    disks: &[Disk],
    mark: &Mark,
) -> String {
    let uuid = uuid.map(|bytes| format!("<uuid>{}</uuid>", hex(bytes))).unwrap_or_default();
    // There is no BIOS but on PCs, and no APIC.
    let (firmware, apic) = match platform.arch.as_str() {
        "x86_64" | "i686" => ("", "<apic/>"),
        _ => (" firmware=\"efi\"", ""),
    };
    let cpu = if platform.kind == "kvm" { "<cpu mode=\"host-passthrough\"/>" } else { "" };
    let disks: String =
        disks.iter().zip('a'..='z').map(|(disk, letter)| disk_xml(disk, letter)).collect();
    let network = match &template.network {
        None => String::new(),
        Some(Network::Libvirt(network)) => format!(
            "<interface type=\"network\"><source network=\"{}\"/><model type=\"virtio\"/></interface>",
            escape(network)
        ),
        Some(Network::Bridge(bridge)) => format!(
            "<interface type=\"bridge\"><source bridge=\"{}\"/><model type=\"virtio\"/></interface>",
            escape(bridge)
        ),
    };
    format!(
        "<domain type=\"{kind}\"><name>{name}</name>{uuid}<metadata>{mark}</metadata>\
         <memory unit=\"bytes\">{memory}</memory><vcpu>{vcpus}</vcpu>\
         <os{firmware}><type arch=\"{arch}\">hvm</type><boot dev=\"hd\"/></os>\
         <features><acpi/>{apic}</features>{cpu}<clock offset=\"utc\"/>\
         <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot>\
         <on_crash>destroy</on_crash>\
         <devices>{disks}{network}<console type=\"pty\"/>\
         <channel type=\"unix\"><target type=\"virtio\" name=\"org.qemu.guest_agent.0\"/></channel>\
         <rng model=\"virtio\"><backend model=\"random\">/dev/urandom</backend></rng>\
         </devices></domain>",
        kind = escape(&platform.kind),
        name = escape(name),
        mark = mark.to_xml(),
        memory = template.memory,
        vcpus = template.vcpus,
        arch = escape(&platform.arch),
    )
}

fn disk_xml(disk: &Disk, letter: char) -> String {
    let read_only = if disk.is_read_only { "<readonly/>" } else { "" };
    format!(
        "<disk type=\"volume\" device=\"disk\"><driver name=\"qemu\" type=\"{}\"/>\
         <source pool=\"{}\" volume=\"{}\"/><target dev=\"vd{letter}\" bus=\"virtio\"/>{read_only}</disk>",
        escape(&disk.format),
        escape(&disk.pool),
        escape(&disk.volume),
    )
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kvm_is_preferred_on_the_hypervisors_own_processor() {
        let capabilities = |kinds: &str| {
            format!(
                "<capabilities><host><cpu><arch>x86_64</arch></cpu></host>\
                 <guest><os_type>hvm</os_type><arch name='i686'><domain type='other'/></arch></guest>\
                 <guest><os_type>hvm</os_type><arch name='x86_64'>{kinds}</arch></guest></capabilities>"
            )
        };
        let best = |kinds| Platform::of_capabilities(&capabilities(kinds)).map(|each| each.kind);
        let both = "<domain type='qemu'/><domain type='kvm'><emulator>x</emulator></domain>";
        assert_eq!(best(both).as_deref(), Some("kvm"));
        assert_eq!(best("<domain type='qemu'/>").as_deref(), Some("qemu"));
        assert_eq!(best(""), None);
        assert_eq!(Platform::of_capabilities("<capabilities>"), None);
    }

    #[test]
    fn a_volumes_format_is_read() {
        assert_eq!(volume_format(&volume("x<y", 7, "qcow2")).as_deref(), Some("qcow2"));
        assert_eq!(volume_format("<volume/>"), None);
    }

    #[test]
    fn a_machine_is_described_in_full() {
        let template = LibvirtTemplate {
            network: Some(Network::Bridge("br<0".into())),
            ..LibvirtTemplate::simulated()
        };
        let platform = Platform { kind: "kvm".into(), arch: "x86_64".into() };
        let mark = Mark {
            site: "closet".into(),
            host: "worker-1".into(),
            template: "kvm-medium".into(),
            is_finished: false,
            volumes: vec![("default".into(), "worker-1.qcow2".into())],
        };
        let disk = Disk {
            pool: "default".into(),
            volume: "worker-1.qcow2".into(),
            format: "qcow2".into(),
            is_read_only: false,
        };
        let xml = domain("worker-1", Some([0xab; 16]), &template, &platform, &[disk], &mark);
        assert_eq!(Mark::find(&xml), Some(mark));
        insta::assert_snapshot!(xml.replace("><", ">\n<"));
    }
}
