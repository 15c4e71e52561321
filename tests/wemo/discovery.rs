//! Searches, as Echos and pywemo send them.

use std::{collections::HashSet, net::UdpSocket, thread, time::Duration};

use super::{
    PLEX,
    client::{BASIC, GROUP, search},
    house, house_with,
};

#[test]
fn p01_to_p17_every_search_for_us_is_answered_and_no_other() {
    let (_agent, client) = house(PLEX);
    client.port_of("plex power");
    for target in
        ["urn:Belkin:device:**", "upnp:rootdevice", "ssdp:all", BASIC, "URN:belkin:DEVICE:**"]
    {
        let found = client.search(target);
        let [answer] = &found[..] else { panic!("{target}: {found:?}") };
        assert!(answer.text.starts_with("HTTP/1.1 200 OK\r\n"), "{}", answer.text);
        assert_eq!(answer.header("ST"), target);
        let usn = answer.header("USN");
        assert!(
            usn.starts_with("uuid:Socket-1_0-") && usn.ends_with(&format!("::{target}")),
            "{usn}"
        );
        assert_eq!(answer.header("CACHE-CONTROL"), "max-age=86400");
        assert!(answer.text.len() <= 1024);
        answer.port();
    }
    for bytes in [
        search("urn:schemas-upnp-org:device:MediaRenderer:1").into_bytes(),
        search("ssdp:all").replace("MAN", "MEN").into_bytes(),
        search("ssdp:all").replace("M-SEARCH", "NOTIFY").into_bytes(),
        b"\xff\xfe\x00\xff".to_vec(),
    ] {
        assert!(client.multicast(&bytes, Duration::from_millis(400)).is_empty());
    }
    let odd =
        "M-SEARCH * HTTP/1.1\r\nst:ssdp:all\r\nman:ssdp:discover\r\nmx:soon\r\nX: \u{e4}\r\n\r\n";
    assert_eq!(client.multicast(odd.as_bytes(), Duration::from_millis(400)).len(), 1);
}

#[test]
fn p03_and_p19_a_search_for_all_may_be_left_unanswered_and_answers_may_wait() {
    let (_agent, client) = house_with("answer_all = false\ndelay = \"600ms\"", PLEX);
    client.port_of("plex power");
    assert!(client.search("ssdp:all").is_empty());
    let found = client.search("upnp:rootdevice");
    assert!(found[0].after >= Duration::from_millis(600), "{found:?}");
}

#[test]
fn p11_and_p24_no_answer_is_lost_with_a_hundred_devices() {
    let (_agent, client) =
        house("for n in 0..100 { wemo(`lamp ${n}`, #{ on: || (), off: || () }); }");
    for n in 0..100 {
        client.port_of(&format!("lamp {n}"));
    }
    for _ in 0..3 {
        let found = client.multicast(search("upnp:rootdevice").as_bytes(), Duration::from_secs(3));
        let usns: HashSet<&str> = found.iter().map(|answer| answer.header("USN")).collect();
        let ports: HashSet<u16> = found.iter().map(|answer| answer.port()).collect();
        assert_eq!((found.len(), usns.len(), ports.len()), (100, 100, 100));
    }
}

#[test]
fn p20_and_p21_an_interface_that_comes_later_is_joined_and_told_its_own_address() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    agent.network.second_cable();
    let socket = UdpSocket::bind("10.78.0.2:0").unwrap();
    let route = ["-n", &agent.network.client, "route", "replace", "224.0.0.0/4", "dev", "second"];
    super::network::ip(&route);
    let answer = super::agent::until("an answer on the second cable", || {
        client.multicast_from(&socket, search(BASIC).as_bytes(), Duration::from_millis(500)).pop()
    });
    assert!(answer.header("LOCATION").starts_with("http://10.78.0.1:"), "{}", answer.text);
}

#[test]
fn p22_and_p23_the_port_is_shared_and_a_repeat_is_answered_once() {
    let (_agent, client) = house(PLEX);
    client.port_of("plex power");
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let text = search(BASIC);
    socket.send_to(text.as_bytes(), GROUP).unwrap();
    socket.send_to(text.as_bytes(), GROUP).unwrap();
    let found = client.multicast_from(&socket, text.as_bytes(), Duration::from_millis(250));
    assert_eq!(found.len(), 1, "{found:?}");
    thread::sleep(Duration::from_millis(300));
    let again = client.multicast_from(&socket, text.as_bytes(), Duration::from_millis(400));
    assert_eq!(again.len(), 1);
}

#[test]
fn p24b_a_device_says_that_it_is_there_and_that_it_goes() {
    let (agent, client) = house(PLEX);
    client.port_of("plex power");
    let group = std::net::Ipv4Addr::new(239, 255, 255, 250);
    let hears = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::DGRAM, None).unwrap();
    hears.set_reuse_address(true).unwrap();
    hears.bind(&std::net::SocketAddr::from((group, 1900)).into()).unwrap();
    let hears: UdpSocket = hears.into();
    hears.join_multicast_v4(&group, &"10.77.0.2".parse().unwrap()).unwrap();
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
    agent.write_script("more", "wemo(\"lamp\", #{ on: || (), off: || () });");
    assert!(hear("ssdp:alive").contains("LOCATION: http://10.77.0.1:49153/setup.xml"));
    agent.remove_script("more");
    hear("ssdp:byebye");
}
