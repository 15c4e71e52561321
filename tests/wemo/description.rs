//! What devices say of themselves, and that they stay who they are.

use super::{PLEX, client::BASIC, house};

fn udn(setup: &str) -> &str {
    setup.split_once("<UDN>").unwrap().1.split_once("</UDN>").unwrap().0
}

#[test]
fn p25_to_p34_descriptions_are_whole_and_counted_in_bytes() {
    let (_agent, client) = house("wemo(\"Küche <&>\", #{ on: || (), off: || () });");
    let port = client.port_of("Küche &lt;&amp;&gt;");
    for path in ["/setup.xml", "/eventservice.xml", "/metainfoservice.xml"] {
        let answer = client.get(port, path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{path}: {head}");
        assert!(head.contains(&format!("CONTENT-LENGTH: {}\r\n", body.len())), "{path}: {head}");
    }
    assert!(client.get(port, "/else.xml").starts_with("HTTP/1.1 404"));
    assert!(udn(&client.get(port, "/setup.xml")).starts_with("uuid:Socket-1_0-"));
}

#[test]
fn p29_p30_and_p35_identity_survives_restarts_renaming_and_mistakes() {
    let (mut agent, client) =
        house(&format!("{PLEX}\nwemo(\"lamp\", #{{ on: || (), off: || () }});"));
    let (plex, lamp) = (client.port_of("plex power"), client.port_of("lamp"));
    let known = udn(&client.get(plex, "/setup.xml")).to_owned();
    assert_ne!(known, udn(&client.get(lamp, "/setup.xml")));
    let is_same = || {
        assert_eq!(client.port_of("plex power"), plex);
        assert_eq!(udn(&client.get(plex, "/setup.xml")), known);
    };
    agent.write_script("voice", "wemo(\"plex power\", #{ on: ");
    agent.says("keeps running");
    is_same();
    agent.remove_script("voice");
    agent.says("the script is gone");
    agent.write_script("other-name", &format!("wemo(\"new\", || ());\n{PLEX}"));
    is_same();
    agent.restart();
    is_same();
    let (_other, elsewhere) = house(PLEX);
    let port = elsewhere.port_of("plex power");
    assert_ne!(udn(&elsewhere.get(port, "/setup.xml")), known, "two boards, one name");
}

#[test]
fn p42_the_name_can_be_asked_for() {
    let (_agent, client) = house(PLEX);
    let port = client.port_of("plex power");
    let answer = client.soap(port, "GetFriendlyName", "");
    assert!(answer.contains("<FriendlyName>plex power</FriendlyName>"), "{answer} {BASIC}");
}
