//! Which searches are answered, by whom and when.

use std::{collections::HashSet, net::UdpSocket, thread, time::Duration};

use super::LAMP;
use crate::{
    client::{BASIC, Client, GROUP, search},
    house, house_with, lamps,
    network::{self, share_port_1900},
};

const A_WHILE: Duration = Duration::from_millis(400);

/// The lamp's house, and how often a search for this is answered there.
fn answers_to(target: &str) -> usize {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    client.search(target).len()
}

/// How often this datagram is answered by the lamp, which then still answers a search.
fn answers_to_datagram(datagram: &[u8]) -> usize {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    let answers = client.multicast(datagram, A_WHILE).len();
    assert_eq!(client.search(BASIC).len(), 1, "it goes on");
    answers
}

#[test]
fn p01_belkin_devices_are_searched_for() {
    assert_eq!(answers_to("urn:Belkin:device:**"), 1);
}

#[test]
fn p02_root_devices_are_searched_for() {
    assert_eq!(answers_to("upnp:rootdevice"), 1);
}

#[test]
fn p03_a_search_for_all_is_answered_unless_the_site_says_no() {
    assert_eq!(answers_to("ssdp:all"), 1);
    let (_agent, client) = house_with("answer_all = false", LAMP);
    client.port_of("lamp");
    assert!(client.search("ssdp:all").is_empty());
    assert_eq!(client.search("upnp:rootdevice").len(), 1);
}

#[test]
fn p04_the_basic_event_service_is_searched_for() {
    assert_eq!(answers_to(BASIC), 1);
}

#[test]
fn p05_a_search_for_others_is_left_to_them() {
    assert_eq!(answers_to("urn:schemas-upnp-org:device:MediaRenderer:1"), 0);
}

#[test]
fn p06_names_and_targets_come_in_any_case() {
    let text = search("URN:belkin:DEVICE:**").replace("ST:", "st:").replace("MAN:", "mAn:");
    assert_eq!(answers_to_datagram(text.as_bytes()), 1);
}

#[test]
fn p07_the_blank_after_the_colon_may_be_missing() {
    assert_eq!(answers_to_datagram(search("ssdp:all").replace(": ", ":").as_bytes()), 1);
}

#[test]
fn p08_a_search_says_what_it_does_with_quotes_or_without() {
    let quoted = search("ssdp:all");
    assert_eq!(answers_to_datagram(quoted.replace('"', "").as_bytes()), 1);
    assert_eq!(answers_to_datagram(quoted.replace("MAN", "MEN").as_bytes()), 0);
    assert_eq!(answers_to_datagram(quoted.replace("discover", "update").as_bytes()), 0);
}

#[test]
fn p09_what_is_no_search_is_not_answered() {
    let notice = search("ssdp:all").replace("M-SEARCH", "NOTIFY");
    assert_eq!(answers_to_datagram(notice.as_bytes()), 0);
}

#[test]
fn p10_bytes_that_are_no_text_hurt_nobody() {
    assert_eq!(answers_to_datagram(b"\xff\xfe\x00\xff"), 0);
    let mut odd = search("ssdp:all").into_bytes();
    odd.splice(odd.len() - 2.., *b"X: \xff\xc3\r\n\r\n");
    assert_eq!(answers_to_datagram(&odd), 1);
}

#[test]
fn p11_every_device_answers_once_and_by_a_name_of_its_own() {
    let (_agent, client) = house(&lamps(3));
    client.port_of("lamp 2");
    let found = client.search("urn:Belkin:device:**");
    let names: HashSet<&str> = found.iter().map(|answer| answer.header("USN")).collect();
    assert_eq!((found.len(), names.len()), (3, 3), "{found:?}");
}

#[test]
fn p17_only_the_port_that_asked_is_answered() {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    let bystander = UdpSocket::bind("10.77.0.2:0").unwrap();
    let member = share_port_1900();
    member.join_multicast_v4(GROUP.ip(), &"10.77.0.2".parse().unwrap()).unwrap();
    // What it sends itself comes back to its group too.
    member.set_multicast_loop_v4(false).unwrap();
    assert_eq!(client.search(BASIC).len(), 1);
    for socket in [bystander, member] {
        socket.set_read_timeout(Some(A_WHILE)).unwrap();
        let mut buffer = [0; 2048];
        while let Ok(length) = socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]);
            assert!(!text.starts_with("HTTP/1.1"), "{text}");
        }
    }
}

#[test]
fn p18_answers_are_spread_within_the_wait_and_a_bad_wait_is_no_reason_for_silence() {
    let (_agent, client) = house(&lamps(20));
    client.port_of("lamp 19");
    let text = search(BASIC);
    for (wait, longest_s) in [("MX: 1", 1), ("MX: 120", 5), ("MX: soon", 1), ("X: x", 1)] {
        let text = text.replace("MX: 1", wait);
        let found = client.multicast(text.as_bytes(), Duration::from_millis(1_500));
        assert_eq!(found.len(), 20, "{wait}");
        let last = found.last().unwrap().after;
        assert!(last <= Duration::from_secs(longest_s), "{wait}: {last:?}");
        assert!(last > found[0].after, "all at once would drown a small receiver");
    }
}

#[test]
fn p19_answers_wait_as_long_as_the_site_says() {
    let (_agent, client) = house_with("delay = \"600ms\"", LAMP);
    client.port_of("lamp");
    let found = client.search("upnp:rootdevice");
    assert!(found[0].after >= Duration::from_millis(600), "{found:?}");
}

/// The client's searches go out on the second cable from now on.
fn second_cable_found(client: &Client, house: &network::Network) -> String {
    house.second_cable();
    network::ip(&["-n", &house.client, "route", "replace", "224.0.0.0/4", "dev", "second"]);
    let socket = UdpSocket::bind("10.78.0.2:0").unwrap();
    let answer = crate::agent::until("an answer on the second cable", || {
        client.multicast_from(&socket, search(BASIC).as_bytes(), Duration::from_millis(500)).pop()
    });
    answer.header("LOCATION").to_owned()
}

#[test]
fn p20_everybody_is_told_the_address_on_their_own_network() {
    let (agent, client) = house(LAMP);
    client.port_of("lamp");
    let first = client.search(BASIC)[0].header("LOCATION").to_owned();
    assert!(first.starts_with("http://10.77.0.1:"), "{first}");
    let second = second_cable_found(&client, &agent.network);
    assert!(second.starts_with("http://10.78.0.1:"), "{second}");
}

#[test]
fn p21_an_interface_that_comes_later_goes_and_comes_again_is_joined() {
    let (agent, client) = house(LAMP);
    client.port_of("lamp");
    second_cable_found(&client, &agent.network);
    network::ip(&["-n", &agent.network.house, "link", "del", "second"]);
    second_cable_found(&client, &agent.network);
}

#[test]
fn p22_port_1900_is_shared_with_other_programs() {
    let (agent, client) = house(LAMP);
    client.port_of("lamp");
    let _other = agent.network.in_house(share_port_1900);
    assert_eq!(client.search(BASIC).len(), 1);
}

#[test]
fn p23_a_repeat_is_answered_once() {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let text = search(BASIC);
    socket.send_to(text.as_bytes(), GROUP).unwrap();
    socket.send_to(text.as_bytes(), GROUP).unwrap();
    let found = client.multicast_from(&socket, text.as_bytes(), Duration::from_millis(250));
    assert_eq!(found.len(), 1, "{found:?}");
    // Repeats are those within 300 ms.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(client.multicast_from(&socket, text.as_bytes(), A_WHILE).len(), 1);
}

#[test]
fn p24_no_answer_is_lost_with_twenty_devices_and_with_a_hundred() {
    for count in [20, 100] {
        let (_agent, client) = house(&lamps(count));
        for n in 0..count {
            client.port_of(&format!("lamp {n}"));
        }
        for _ in 0..3 {
            let text = search("upnp:rootdevice");
            let found = client.multicast(text.as_bytes(), Duration::from_secs(3));
            let names: HashSet<&str> = found.iter().map(|answer| answer.header("USN")).collect();
            let ports: HashSet<u16> = found.iter().map(|answer| answer.port()).collect();
            assert_eq!((found.len(), names.len(), ports.len()), (count, count, count));
        }
    }
}

#[test]
fn p24b_a_device_says_that_it_is_there_and_that_it_goes() {
    let (mut agent, client) = house(LAMP);
    client.port_of("lamp");
    let hears = share_port_1900();
    hears.join_multicast_v4(GROUP.ip(), &"10.77.0.2".parse().unwrap()).unwrap();
    hears.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let hear = |what: &str| {
        let mut buffer = [0; 2048];
        loop {
            let length = match hears.recv_from(&mut buffer) {
                Ok((length, _)) => length,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => panic!("no {what}: {error}"),
            };
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.contains(what) && text.contains("NT: upnp:rootdevice") {
                return text;
            }
        }
    };
    agent.write_script("more", "wemo(\"later\", #{ on: || (), off: || () });");
    assert!(hear("ssdp:alive").contains("LOCATION: http://10.77.0.1:49153/setup.xml"));
    agent.remove_script("more");
    hear("ssdp:byebye");
    // At the agent's end the lamp goes, too.
    agent.stop();
    hear("ssdp:byebye");
}
