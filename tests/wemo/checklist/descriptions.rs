//! What devices say of themselves, and that they stay who they are.

use super::LAMP;
use crate::{client::Client, house};

/// The lamp's page at the path.
fn page(path: &str) -> String {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    client.get(port, path)
}

/// The text of an element.
fn text<'x>(xml: &'x str, element: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{element}>")).unwrap_or_else(|| panic!("{xml}"));
    rest.split_once(&format!("</{element}>")).unwrap().0
}

fn udn(client: &Client, port: u16) -> String {
    text(&client.get(port, "/setup.xml"), "UDN").to_owned()
}

#[test]
fn p25_the_description_is_counted_in_bytes() {
    let (_agent, client) = house(&LAMP.replace("lamp", "Küche"));
    let port = client.port_of("Küche");
    for path in ["/setup.xml", "/eventservice.xml", "/metainfoservice.xml"] {
        let answer = client.get(port, path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{path}: {head}");
        assert!(head.contains(&format!("CONTENT-LENGTH: {}\r\n", body.len())), "{path}: {head}");
    }
    assert!(client.get(port, "/else.xml").starts_with("HTTP/1.1 404"));
}

#[test]
fn p26_the_manufacturer_is_to_the_letter() {
    assert_eq!(text(&page("/setup.xml"), "manufacturer"), "Belkin International Inc.");
}

#[test]
fn p27_it_is_a_socket_by_type_and_by_name() {
    let page = page("/setup.xml");
    assert_eq!(text(&page, "deviceType"), "urn:Belkin:device:controllee:1");
    let serial = text(&page, "serialNumber");
    assert_eq!(text(&page, "UDN"), format!("uuid:Socket-1_0-{serial}"));
}

#[test]
fn p28_the_search_and_the_description_give_the_same_name_with_uuid() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let name = udn(&client, port);
    assert!(name.starts_with("uuid:"), "{name}");
    let found = client.search("upnp:rootdevice");
    assert_eq!(found[0].header("USN"), format!("{name}::upnp:rootdevice"));
}

#[test]
fn p29_every_device_has_a_serial_of_its_own() {
    let (_agent, client) = house(&crate::lamps(2));
    let [one, other] = ["lamp 0", "lamp 1"].map(|name| udn(&client, client.port_of(name)));
    assert_ne!(one, other);
}

#[test]
fn p30_identity_survives_restarts_renaming_and_mistakes_and_two_boards_differ() {
    let (mut agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let known = udn(&client, port);
    let is_same = || assert_eq!(udn(&client, client.port_of("lamp")), known);
    agent.write_script("voice", "wemo(\"lamp\", #{ on: ");
    agent.says("keeps running");
    is_same();
    agent.remove_script("voice");
    agent.says("the script is gone");
    agent.write_script("other-name", &format!("wemo(\"new\", || ());\n{LAMP}"));
    is_same();
    agent.restart();
    is_same();
    let (_other, elsewhere) = house(LAMP);
    assert_ne!(udn(&elsewhere, elsewhere.port_of("lamp")), known, "two boards, one name");
}

#[test]
fn p31_names_are_escaped() {
    let (_agent, client) = house(&LAMP.replace("lamp", "Küche <&> 'x'"));
    let found = crate::agent::until("an answer", || client.search("upnp:rootdevice").pop());
    let page = client.get(found.port(), "/setup.xml");
    let (_, xml) = page.split_once("\r\n\r\n").unwrap();
    let name = text(xml, "friendlyName");
    assert_eq!(quick_xml::escape::unescape(name).unwrap(), "Küche <&> 'x'");
}

#[test]
fn p32_both_services_are_listed_with_where_to_subscribe() {
    let page = page("/setup.xml");
    for service in ["basicevent", "metainfo"] {
        assert!(page.contains(&format!("urn:Belkin:service:{service}:1")), "{page}");
        assert!(page.contains(&format!("<eventSubURL>/upnp/event/{service}1</eventSubURL>")));
        assert!(page.contains(&format!("<controlURL>/upnp/control/{service}1</controlURL>")));
    }
}

#[test]
fn p33_the_actions_are_described_with_what_goes_in_and_out() {
    let page = page("/eventservice.xml");
    let (_, set) = page.split_once("<name>SetBinaryState</name>").expect(&page);
    let (set, rest) = set.split_once("</action>").unwrap();
    assert!(set.contains("<direction>in</direction>"), "{set}");
    let (_, get) = rest.split_once("<name>GetBinaryState</name>").expect(rest);
    let (get, rest) = get.split_once("</action>").unwrap();
    let (_, name) = rest.split_once("<name>GetFriendlyName</name>").expect(rest);
    let (name, _) = name.split_once("</action>").unwrap();
    for action in [get, name] {
        assert!(action.contains("<direction>out</direction>"), "{action}");
        assert!(!action.contains("<direction>in</direction>"), "{action}");
    }
}

#[test]
fn p34_the_meta_information_is_described() {
    let page = page("/metainfoservice.xml");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("GetMetaInfo"), "{page}");
}

#[test]
fn p35_a_device_keeps_its_port() {
    let (mut agent, client) = house(&format!("wemo(\"first\", || ());\n{LAMP}"));
    let port = client.port_of("lamp");
    agent.write_script("voice", LAMP);
    agent.says("voice  loaded, 1 switch");
    assert_eq!(client.port_of("lamp"), port, "although the one before it is gone");
    agent.restart();
    assert_eq!(client.port_of("lamp"), port);
}
