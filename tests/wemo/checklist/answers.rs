//! What an answer to a search says.

use super::LAMP;
use crate::{
    client::{BASIC, Found},
    house,
};

fn an_answer() -> Found {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    client.search(BASIC).remove(0)
}

#[test]
fn p12_the_target_comes_back_and_the_name_ends_with_it() {
    let (_agent, client) = house(LAMP);
    client.port_of("lamp");
    for target in ["urn:Belkin:device:**", "URN:belkin:DEVICE:**", "upnp:rootdevice", "ssdp:all"] {
        let found = client.search(target);
        assert_eq!(found[0].header("ST"), target);
        let name = found[0].header("USN");
        assert!(name.starts_with("uuid:Socket-1_0-"), "{name}");
        assert!(name.ends_with(&format!("::{target}")), "{name}");
    }
}

#[test]
fn p13_it_is_good_for_a_day() {
    assert_eq!(an_answer().header("CACHE-CONTROL"), "max-age=86400");
}

#[test]
fn p14_all_headers_are_there() {
    let answer = an_answer();
    assert_eq!(answer.header("EXT"), "");
    assert_eq!(answer.header("OPT"), "\"http://schemas.upnp.org/upnp/1/0/\"; ns=01");
    assert_eq!(answer.header("01-NLS").len(), 36, "a UUID: {}", answer.text);
    assert!(answer.header("SERVER").contains("UPnP/1.0"), "{}", answer.text);
    let date = answer.header("DATE");
    assert!(chrono::DateTime::parse_from_rfc2822(date).is_ok() && date.ends_with("GMT"), "{date}");
    answer.port();
}

#[test]
fn p15_every_line_is_a_name_a_colon_a_blank_a_value() {
    let text = an_answer().text;
    let head = text.strip_suffix("\r\n\r\n").expect(&text);
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    for line in lines {
        let (name, value) = line.split_once(':').expect(line);
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{line}");
        assert!(value.is_empty() || value.starts_with(' '), "{line}");
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
}

#[test]
fn p16_it_fits_into_small_buffers() {
    let (_agent, client) = house(&LAMP.replace("lamp", &"long name ".repeat(20)));
    let answer = crate::agent::until("an answer", || client.search(BASIC).pop());
    assert!(answer.text.len() <= 1024, "{} bytes", answer.text.len());
}
