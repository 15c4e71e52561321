use super::*;

fn identity() -> Identity {
    Identity { serial: "0123456789ABCD".into(), port: 49152 }
}

/// The text of the first element of this name.
fn text<'x>(xml: &'x str, name: &str) -> &'x str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

#[test]
fn p26_to_p29_a_socket_is_described_as_the_real_one() {
    let setup = setup("plex power", Kind::Switch, &identity(), "0");
    // As recorded from a socket, SNSV4; what is its own is replaced.
    for (name, value) in [
        ("deviceType", "urn:Belkin:device:controllee:1"),
        ("friendlyName", "plex power"),
        ("manufacturer", "Belkin International Inc."),
        ("modelName", "Socket"),
        ("modelNumber", "1.0"),
        ("modelURL", "http://www.belkin.com/plugin/"),
        ("manufacturerURL", "http://www.belkin.com"),
        ("modelDescription", "Belkin Plugin Socket 1.0"),
        ("UDN", "uuid:Socket-1_0-0123456789ABCD"),
        ("UPC", "123456789"),
        ("macAddress", "02456789ABCD"),
        ("binaryState", "0"),
        ("presentationURL", "/pluginpres.html"),
    ] {
        assert_eq!(text(&setup, name), value);
    }
}

#[test]
fn p31_a_name_cannot_break_the_description() {
    let setup = setup("Küche <&> \"x\"\u{1}", Kind::Switch, &identity(), "0");
    assert_eq!(text(&setup, "friendlyName"), "Küche &lt;&amp;&gt; &quot;x&quot;");
}

#[test]
fn p32_and_p33_services_are_listed_and_arguments_point_the_right_way() {
    let setup = setup("x", Kind::Switch, &identity(), "1");
    assert!(setup.contains("<eventSubURL>/upnp/event/basicevent1</eventSubURL>"));
    assert!(setup.contains("<SCPDURL>/metainfoservice.xml</SCPDURL>"));
    let service = event_service(Kind::Switch);
    let (_, set) = service.split_once("<name>SetBinaryState</name>").unwrap();
    assert_eq!(text(set, "direction"), "in");
    let (_, get) = service.split_once("<name>GetBinaryState</name>").unwrap();
    assert_eq!(text(get, "direction"), "out");
    assert!(service.contains("<name>GetFriendlyName</name>"));
    assert!(!event_service(Kind::Sensor).contains("SetBinaryState"));
}
