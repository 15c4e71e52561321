//! `watchpost doctor alexa`, in a house where all is well, and in houses where something is not.

use std::{
    fs::{self, File},
    net::UdpSocket,
    thread,
    time::Duration,
};

use nix::sched::{CloneFlags, setns};

use super::{
    PLEX,
    agent::{Agent, Diagnosis, until},
    client::{BASIC, Client, GROUP, search},
    house, house_with,
    network::{Network, ip, share_port_1900},
    sshd::program,
};

/// Says all of this, and as it should end.
fn says(diagnosis: &Diagnosis, fine: bool, parts: &[&str]) {
    for part in parts {
        assert!(diagnosis.text.contains(part), "no `{part}`:\n{}", diagnosis.text);
    }
    assert_eq!(diagnosis.fine, fine, "{}", diagnosis.text);
}

#[test]
fn a_healthy_house_is_fine_and_the_last_searches_are_told() {
    // No host is started: the agent would wait for it at its end.
    let (agent, client) = house("wemo(\"plex power\", #{ on: || (), off: || () });");
    let port = client.port_of("plex power");
    client.search("upnp:rootdevice");
    client.search("urn:schemas-upnp-org:device:MediaRenderer:1");
    client.set(port, true);
    says(
        &agent.doctor(&[]),
        true,
        &[
            "cable has 10.77.0.1",
            "the agent shows \"plex power\" on port 49152",
            "cable is a member of the group 239.255.255.250",
            "nobody else is on port 1900",
            "every device answers a search on cable",
            "no firewall of this board keeps searches or commands out on cable",
            "10.77.0.2 search for upnp:rootdevice\n",
            "MediaRenderer:1 (not for us)",
            "10.77.0.2 plex power: on\n",
        ],
    );
    let json: serde_json::Value =
        serde_json::from_str(&agent.doctor(&["--json"]).text).expect("JSON");
    assert!(json.as_array().unwrap().iter().all(|finding| finding["ok"] == true), "{json}");
}

#[test]
fn another_program_and_a_twin_are_named() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    let _beside = agent.network.in_house(share_port_1900);
    // Another board with a copy of our state answers to our serial.
    let usn = client.search(BASIC)[0].header("USN").replace(BASIC, "urn:Belkin:device:**");
    let twin = share_port_1900();
    twin.join_multicast_v4(GROUP.ip(), &"10.77.0.2".parse().unwrap()).unwrap();
    let answering = thread::spawn(move || {
        let mut buffer = [0; 2048];
        let (_, from) = twin.recv_from(&mut buffer).unwrap();
        let location = "LOCATION: http://10.77.0.2:49152/setup.xml";
        let text = format!("HTTP/1.1 200 OK\r\nUSN: {usn}\r\n{location}\r\n\r\n");
        twin.send_to(text.as_bytes(), from).unwrap();
    });
    let diagnosis = agent.doctor(&[]);
    says(
        &diagnosis,
        false,
        &[
            "also on port 1900: [\"",
            "\"plex power\" has the serial of a device at 10.77.0.2",
            "delete it on one of them",
        ],
    );
    answering.join().unwrap();
}

#[test]
fn a_program_that_keeps_the_port_to_itself_is_named() {
    let network = Network::new();
    let alone = network.in_house(|| UdpSocket::bind("0.0.0.0:1900").unwrap());
    let client = Client::enter(&network);
    let agent = Agent::start(network, "", PLEX);
    agent.says("searches on cable are not heard: ");
    // Who knows a device already may use it all the same.
    client.port_of("plex power");
    let parts =
        ["cable is no member of the group", "also on port 1900: [\"", "do not answer a search"];
    says(&agent.doctor(&[]), false, &parts);
    drop(alone);
    until("all is well once it has gone", || {
        let found = agent.doctor(&[]).text;
        found.contains("cable is a member of the group").then_some(())
    });
}

/// Runs something in the house.
fn in_house(agent: &Agent, line: &str) {
    let words = ["netns", "exec", &agent.network.house];
    ip(&words.into_iter().chain(line.split(' ')).collect::<Vec<_>>());
}

#[test]
fn what_nftables_keeps_out_is_named_with_the_rule_that_does() {
    let (agent, client) = house(&super::lamps(6));
    client.port_of("lamp 5");
    let nft = |line: &str| in_house(&agent, &format!("nft {line}"));
    nft("add table inet guard");
    nft("add chain inet guard door { type filter hook input priority 0 ; policy drop ; }");
    nft("add rule inet guard door iif lo accept");
    nft("add rule inet guard door ct state established,related accept");
    nft(
        "add rule inet guard door iifname cable ip saddr 10.77.0.0/24 tcp dport 49152-49155 accept",
    );
    let closed = [
        "firewall keeps UDP 1900, TCP 49156, TCP 49157 out on cable: the policy of inet guard door",
        "iifname \"cable\" ip saddr 10.77.0.0/24 tcp dport 49152-49157 accept",
    ];
    says(&agent.doctor(&[]), false, &closed);
    assert!(client.search(BASIC).is_empty(), "it is right");
    nft("add rule inet guard door udp dport 1900 accept");
    nft("insert rule inet guard door tcp dport 49157 limit rate 1/day accept");
    let half = [
        "firewall keeps TCP 49156 out on cable: the policy of inet guard door",
        "whether TCP 49157 comes in on cable depends on the firewall: rule ",
    ];
    says(&agent.doctor(&[]), false, &half);
    assert_eq!(client.search(BASIC).len(), 6);
    // What the advice says.
    nft(
        "add rule inet guard door iifname \"cable\" ip saddr 10.77.0.0/24 tcp dport 49152-49157 accept",
    );
    says(&agent.doctor(&[]), true, &["no firewall of this board keeps searches or commands out"]);
}

#[test]
fn what_iptables_keeps_out_is_named_with_the_rule_that_does() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    let iptables = |line: &str| in_house(&agent, &format!("iptables {line}"));
    iptables("-N house");
    iptables("-A INPUT -i lo -j ACCEPT");
    iptables("-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT");
    iptables("-A INPUT -m comment --comment mine -j house");
    iptables("-A house -d 239.255.255.250 -p udp --dport 1900 -j ACCEPT");
    iptables("-A house -p tcp -m multiport --dports 1:1023,49152:65535 -j REJECT");
    let closed = [
        "firewall keeps TCP 49152 out on cable: -A house -p tcp -m multiport --dports 1:1023,",
        "sudo iptables -I INPUT -i cable -s 10.77.0.0/24 -p tcp --dport 49152:49152 -j ACCEPT",
    ];
    says(&agent.doctor(&[]), false, &closed);
    iptables("-I INPUT -i cable -s 10.77.0.0/24 -p tcp --dport 49152:49152 -j ACCEPT");
    says(&agent.doctor(&[]), true, &["no firewall of this board keeps searches or commands out"]);
}

#[test]
fn who_may_not_read_the_rules_is_told_so() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    let tools = agent.path("tools");
    fs::create_dir(&tools).unwrap();
    let refuses = "#!/bin/sh\necho 'Operation not permitted (you must be root)' >&2; exit 1\n";
    program(&tools.join("nft"), refuses);
    let parts = ["nft does not show its rules: Operation not permitted", "sudo watchpost doctor"];
    says(&agent.doctor(&[]), true, &parts);
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let (mut agent, client) = house(PLEX);
    client.port_of("plex power");
    agent.write_script("voice", "");
    agent.says("loaded, 0 watches");
    until("a house without devices", || {
        agent.doctor(&[]).text.contains("the agent shows no device").then_some(())
    });
    agent.stop();
    says(&agent.doctor(&[]), false, &["the agent does not answer", "systemctl start watchpost"]);
}

#[test]
fn an_interface_that_is_not_there_is_named() {
    let (agent, _client) = house_with("interfaces = [\"eth7\"]", PLEX);
    agent.says("loaded");
    says(&agent.doctor(&[]), false, &["can multicast", "[alexa] wants eth7"]);
}

#[test]
fn a_site_without_devices_is_told_how_to_get_some() {
    let (agent, _client) = house_with("enabled = false", PLEX);
    says(&agent.doctor(&[]), false, &["the site file shows no devices", "write [alexa]"]);
}

#[test]
fn what_is_said_on_the_network_can_be_recorded() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    let (stop, stopped) = std::sync::mpsc::channel();
    let network = agent.network.client.clone();
    let searching = thread::spawn(move || {
        let namespace = File::open(format!("/run/netns/{network}")).unwrap();
        setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        while stopped.recv_timeout(Duration::from_millis(200)).is_err() {
            socket.send_to(search("upnp:rootdevice").as_bytes(), GROUP).unwrap();
        }
    });
    let diagnosis = agent.doctor(&["--record", "searches.pcap", "--seconds", "2"]);
    stop.send(()).unwrap();
    searching.join().unwrap();
    says(&diagnosis, true, &["datagrams are in searches.pcap"]);
    let capture = fs::read(agent.path("searches.pcap")).unwrap();
    assert_eq!(capture[..4], 0xa1b2_c3d4_u32.to_ne_bytes());
    let mut rest = &capture[24..];
    let mut packets = 0;
    while !rest.is_empty() {
        let length = u32::from_ne_bytes(rest[8..12].try_into().unwrap()) as usize;
        let packet = &rest[16..16 + length];
        assert_eq!(packet[16..20], [239, 255, 255, 250], "to the group");
        if packet[28..].starts_with(b"M-SEARCH * HTTP/1.1\r\n") {
            assert_eq!(packet[12..16], [10, 77, 0, 2], "from the client");
            packets += 1;
        }
        rest = &rest[16 + length..];
    }
    assert!(packets >= 3, "{packets}");
}
