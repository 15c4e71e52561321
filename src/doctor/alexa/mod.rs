//! Everything between a voice and a switch.

pub mod capture;
mod firewall;
mod proc;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use tokio::{net::UdpSocket, time::timeout};

use self::{
    firewall::Firewall,
    proc::{has_joined, routes_to, sockets_on},
};
use super::Finding;
use crate::{
    clock::Clock,
    config::{AlexaSettings, Site},
    control::{Client, Frame, Request},
    wemo::{
        Status,
        interfaces::{self, Interface},
        ssdp::{GROUP, PORT},
    },
};

/// How long our own search waits for answers.
const SEARCH_FOR: Duration = Duration::from_secs(3);
/// Looking into a device's description.
const PATIENCE: Duration = Duration::from_secs(3);

/// Looks at interfaces, membership, port 1900, the devices themselves, and who searched lately.
pub async fn examine(site: &Site) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(settings) = &site.alexa else {
        let help = "write [alexa] on a line of its own into the site file, and restart the agent";
        findings.push(Finding::bad("the site file shows no devices", help));
        return findings;
    };
    let interfaces = interfaces(&mut findings, settings);
    let status = running(&mut findings, site).await;
    for interface in &interfaces {
        multicast(&mut findings, interface, status.is_some());
    }
    port_1900(&mut findings);
    if let Some(status) = &status {
        let firewall = Firewall::read();
        for interface in &interfaces {
            own_search(&mut findings, interface, status).await;
            firewall.examine(&mut findings, interface, status);
        }
        last_searches(&mut findings, status);
    }
    findings
}

fn interfaces(findings: &mut Vec<Finding>, settings: &AlexaSettings) -> Vec<Interface> {
    let interfaces = interfaces::now(&settings.interfaces).unwrap_or_default();
    if interfaces.is_empty() {
        let help = match settings.interfaces.as_slice() {
            [] => "connect the board to the network of the Echos".to_owned(),
            names => format!("[alexa] wants {}: `ip addr` shows which there are", names.join(", ")),
        };
        findings
            .push(Finding::bad("no network interface with an IPv4 address can multicast", help));
    }
    for interface in &interfaces {
        let addresses: Vec<String> =
            interface.addresses.iter().map(|(address, _)| address.to_string()).collect();
        findings.push(Finding::good(format!("{} has {}", interface.name, addresses.join(", "))));
    }
    interfaces
}

async fn running(findings: &mut Vec<Finding>, site: &Site) -> Option<Status> {
    const START: &str = "start it, and look again: sudo systemctl start watchpost";
    let asked = async {
        let client = Client::connect(&site.socket).await.map_err(|error| error.to_string())?;
        let frames = client.ask(&Request::Devices).await;
        let mut frames = frames.map_err(|error| error.to_string())?;
        match frames.next().await.map_err(|error| error.to_string())? {
            Some(Frame::Value(value)) => {
                serde_json::from_value::<Option<Status>>(value).map_err(|error| error.to_string())
            }
            other => Err(format!("an answer that means nothing: {other:?}")),
        }
    };
    match asked.await {
        Err(error) => {
            findings.push(Finding::bad(format!("the agent does not answer: {error}"), START))
        }
        Ok(None) => findings.push(Finding::bad(
            "the agent runs without devices",
            "it was started before [alexa] was written: restart it",
        )),
        Ok(Some(status)) if status.devices.is_empty() => findings.push(Finding::bad(
            "the agent shows no device",
            "no script that could be loaded declares one: wemo(\"plex power\", …)",
        )),
        Ok(Some(status)) => {
            let names: Vec<String> = status
                .devices
                .iter()
                .map(|device| format!("\"{}\" on port {}", device.name, device.port))
                .collect();
            findings.push(Finding::good(format!("the agent shows {}", names.join(", "))));
            return Some(status);
        }
    }
    None
}

fn multicast(findings: &mut Vec<Finding>, interface: &Interface, is_running: bool) {
    let name = &interface.name;
    let table = |file: &str| fs::read_to_string(format!("/proc/net/{file}")).unwrap_or_default();
    if is_running {
        if has_joined(&table("igmp"), name, GROUP) {
            findings.push(Finding::good(format!("{name} is a member of the group {GROUP}")));
        } else {
            findings.push(Finding::bad(
                format!("{name} is no member of the group {GROUP}: searches on it are not heard"),
                "the agent's log says why; it tries again every few seconds",
            ));
        }
    }
    let routes = routes_to(&table("route"), GROUP);
    if routes.is_empty() {
        findings.push(Finding::note(
            format!("no route leads to {GROUP}"),
            format!("programs on this board cannot search; Echos can. ip route add 224.0.0.0/4 dev {name}"),
        ));
    }
}

fn port_1900(findings: &mut Vec<Finding>) {
    // A socket of IPv6 takes the port of IPv4, too, unless it says otherwise.
    let tables = ["udp", "udp6"].map(|file| fs::read_to_string(format!("/proc/net/{file}")));
    let inodes: Vec<u64> =
        tables.iter().flatten().flat_map(|table| sockets_on(table, PORT)).collect();
    let (owners, unknown) = owners(&inodes);
    let others: Vec<&String> = owners.iter().filter(|name| *name != "watchpost").collect();
    if !others.is_empty() {
        findings.push(Finding::note(
            format!("also on port {PORT}: {others:?}"),
            "that is fine as long as they share it (SO_REUSEADDR); if searches are not heard, stop them and look again",
        ));
    } else if unknown > 0 {
        findings.push(Finding::note(
            format!("{unknown} sockets on port {PORT} are of programs that are not shown here"),
            "only root sees whose they are: sudo watchpost doctor alexa",
        ));
    } else {
        findings.push(Finding::good(format!("nobody else is on port {PORT}")));
    }
}

/// The programs that hold these sockets, as far as we may see, and how many nobody seems to hold.
fn owners(inodes: &[u64]) -> (BTreeSet<String>, usize) {
    let (mut names, mut found) = (BTreeSet::new(), BTreeSet::new());
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    for process in processes {
        let descriptors = fs::read_dir(process.path().join("fd")).into_iter().flatten();
        let targets = descriptors
            .filter_map(Result::ok)
            .filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
        let held = targets.filter_map(|target| {
            let text = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            text.parse::<u64>().ok().filter(|inode| inodes.contains(inode))
        });
        let before = found.len();
        found.extend(held);
        if found.len() > before {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            names.insert(name.trim().to_owned());
        }
    }
    (names, inodes.len() - found.len())
}

/// Searches as an Echo does, and looks at who answers.
async fn own_search(findings: &mut Vec<Finding>, interface: &Interface, status: &Status) {
    let name = &interface.name;
    let Some((own, _)) = interface.addresses.first() else { return };
    let answers = match search(*own).await {
        Ok(answers) => answers,
        Err(error) => {
            let help = "is the interface up, and does a firewall keep multicast from leaving?";
            return findings
                .push(Finding::bad(format!("nothing can be searched on {name}: {error}"), help));
        }
    };
    let mut silent: Vec<&str> = Vec::new();
    for device in &status.devices {
        let answered = answers.get(&device.udn).cloned().unwrap_or_default();
        let is_ours = |ip: &Ipv4Addr| interface.addresses.iter().any(|(address, _)| address == ip);
        if !answered.iter().any(is_ours) {
            silent.push(&device.name);
        }
        if let Some(other) = answered.iter().find(|ip| !is_ours(ip)) {
            findings.push(Finding::bad(
                format!("\"{}\" has the serial of a device at {other}", device.name),
                "two boards run on copies of one state file: delete it on one of them",
            ));
        }
        if !is_open(*own, device.port).await {
            findings.push(Finding::bad(
                format!("\"{}\" cannot be reached on port {}", device.name, device.port),
                "another program may have the port: `ss -ltnp` shows which",
            ));
        }
    }
    match silent.as_slice() {
        [] => findings.push(Finding::good(format!("every device answers a search on {name}"))),
        names => findings.push(Finding::bad(
            format!("these do not answer a search on {name}: {}", names.join(", ")),
            "a firewall on this board may hold back UDP 1900, or the interface does not loop multicast back",
        )),
    }
}

/// Who answers: the addresses by the UDN.
async fn search(from: Ipv4Addr) -> std::io::Result<BTreeMap<String, Vec<Ipv4Addr>>> {
    let socket = UdpSocket::bind((from, 0)).await?;
    socket2::SockRef::from(&socket).set_multicast_if_v4(&from)?;
    let text = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n\
                MX: 2\r\nST: urn:Belkin:device:**\r\n\r\n";
    socket.send_to(text.as_bytes(), SocketAddrV4::new(GROUP, PORT)).await?;
    let mut answers: BTreeMap<String, Vec<Ipv4Addr>> = BTreeMap::new();
    let gathering = async {
        let mut buffer = [0; 2048];
        while let Ok(length) = socket.recv(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let header = |name: &str| {
                let mut lines = text.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            };
            let udn = header("USN").and_then(|usn| usn.split("::").next());
            let host = header("LOCATION")
                .and_then(|url| url.strip_prefix("http://"))
                .and_then(|rest| rest.split([':', '/']).next());
            if let (Some(udn), Some(Ok(ip))) = (udn, host.map(str::parse)) {
                answers.entry(udn.to_owned()).or_default().push(ip);
            }
        }
    };
    // The time is what ends it.
    let _ = Clock::system().timeout(SEARCH_FOR, gathering).await;
    Ok(answers)
}

async fn is_open(address: Ipv4Addr, port: u16) -> bool {
    let connecting = tokio::net::TcpStream::connect((address, port));
    timeout(PATIENCE, connecting).await.is_ok_and(|connected| connected.is_ok())
}

fn last_searches(findings: &mut Vec<Finding>, status: &Status) {
    let lines: Vec<String> = status
        .asked
        .iter()
        .rev()
        .take(12)
        .map(|asking| {
            let refused = asking.refused.as_deref().map(|why| format!(" ({why})"));
            let at = asking.at.format("%H:%M:%S UTC");
            format!("{at} {} {}{}", asking.from, asking.what, refused.unwrap_or_default())
        })
        .collect();
    if lines.is_empty() {
        findings.push(Finding::note(
            "nobody has searched or switched since the agent started",
            "say \"Alexa, discover devices\" and look again. If still nothing comes: is the Echo in \
             the same subnet, and does the access point pass multicast on (client isolation off)?",
        ));
    } else {
        findings.push(Finding::good(format!(
            "asked lately, the newest first:\n    {}",
            lines.join("\n    ")
        )));
    }
}
