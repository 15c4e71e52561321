use proptest::prelude::*;

use super::*;

fn search(text: &str) -> Option<Search> {
    match read(text.as_bytes()) {
        Heard::Search(search) => Some(search),
        Heard::ForOthers(_) | Heard::Else => None,
    }
}

fn asking(target: &str) -> String {
    format!(
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: {target}\r\n\r\n"
    )
}

#[test]
fn p01_to_p05_known_targets_are_answered_and_others_are_not() {
    for (name, target) in TARGETS {
        assert_eq!(search(&asking(name)).map(|search| search.target), Some(target), "{name}");
    }
    for other in ["urn:schemas-upnp-org:device:InternetGatewayDevice:1", "urn:Belkin:device", ""] {
        assert_eq!(search(&asking(other)), None, "{other}");
    }
}

#[test]
fn p06_to_p08_letters_blanks_and_quotes_are_free() {
    let odd = "m-search * HTTP/1.1\r\nst:UPNP:RootDevice\r\nMan:ssdp:discover\r\nmx:3\r\n\r\n";
    let found = search(odd).unwrap();
    assert_eq!((found.target, found.asked.as_str()), (Target::RootDevice, "UPNP:RootDevice"));
    assert_eq!(found.wait, Duration::from_secs(3));
    assert_eq!(search("M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n"), None, "no MAN");
    assert!(search("M-SEARCH * HTTP/1.1\nMAN: \"ssdp:discover\"\nST: ssdp:all\n\n").is_some());
}

#[test]
fn p09_and_p10_what_is_not_a_search_is_ignored() {
    assert_eq!(
        read(b"NOTIFY * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: ssdp:all\r\n\r\n"),
        Heard::Else
    );
    assert_eq!(read(b"HTTP/1.1 200 OK\r\nST: ssdp:all\r\n\r\n"), Heard::Else);
    assert_eq!(read(b"\xff\xfe\x00"), Heard::Else);
    let mut bytes = b"M-SEARCH * HTTP/1.1\r\nX: \xff\xc0\r\nMAN: \"ssdp:discover\"\r\n".to_vec();
    bytes.extend(b"ST: ssdp:all\r\n\r\n");
    assert!(matches!(read(&bytes), Heard::Search(_)));
}

#[test]
fn p18_a_bad_wait_is_an_usual_one_and_a_long_one_is_cut() {
    let with = |mx: &str| search(&asking("ssdp:all").replace("MX: 2", mx)).unwrap().wait;
    for bad in ["MX: ", "MX: soon", "MX: -1", "X: 1", "MX: 99999999999999999999"] {
        assert_eq!(with(bad), Duration::from_secs(1), "{bad}");
    }
    assert_eq!(with("MX: 120"), Duration::from_secs(5));
    assert_eq!(with("MX: 0"), Duration::ZERO);
}

#[test]
fn p12_to_p16_an_answer_has_every_line_as_the_real_one() {
    let at = Address { ip: Ipv4Addr::new(192, 168, 100, 200), port: 49152 };
    let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    let boot = "deadbeef-0000-4000-8000-000000000000";
    let text =
        answer("urn:Belkin:service:basicevent:1", "uuid:Socket-1_0-ABCDEF01234567", at, boot, now);
    insta::assert_snapshot!(text.replace('\r', ""));
    assert!(text.len() <= 1024 && text.ends_with("\r\n\r\n"));
    assert!(text.trim_end().split("\r\n").skip(1).all(|line| line.contains(':')));
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
}

#[test]
fn p24b_an_announcement_says_where_and_a_farewell_does_not() {
    let at = Address { ip: Ipv4Addr::LOCALHOST, port: 1 };
    let alive = notices(Notice::Alive, Kind::Switch, "uuid:x", at, "boot");
    assert!(alive.iter().all(|text| text.contains("LOCATION: http://127.0.0.1:1/setup.xml\r\n")));
    assert!(alive.iter().any(|text| text.contains("USN: uuid:x::upnp:rootdevice\r\n")));
    let bye = notices(Notice::ByeBye, Kind::Switch, "uuid:x", at, "boot");
    assert!(bye.iter().all(|text| !text.contains("LOCATION") && text.contains("ssdp:byebye")));
}

proptest! {
    #[test]
    fn any_datagram_is_survived(bytes: Vec<u8>) {
        read(&bytes);
    }

    #[test]
    fn any_headers_are_survived(lines in prop::collection::vec("(ST|MAN|MX|[a-z]{1,4}) ?:? ?[ -~]{0,20}", 0..8)) {
        read(format!("M-SEARCH * HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n")).as_bytes());
    }
}
