//! What a real socket answered, field by field.
//!
//! The values are those that pywemo's own test suite recorded: the description of firmware
//! `WeMo_WW_2.00.11420.PVT-OWRT-SNSV2` (F7C063), Set and Get of `WeMo_US_2.00.2769.PVT` (F7C027),
//! of a dimmer, `WEMO_WW_2.00.20110904.PVT-RTOS-DimmerV2`.

use super::LAMP;
use crate::{client::BASIC, house};

/// Head and body; the words of the body are parted by single blanks or none.
fn parted(answer: &str) -> (&str, String) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    let words: Vec<&str> = body.split_whitespace().collect();
    (head, words.join(" ").replace("> <", "><"))
}

fn has_headers(head: &str, headers: &[&str]) {
    for header in headers {
        assert!(head.lines().any(|line| line == *header), "no `{header}`:\n{head}");
    }
}

/// As pywemo asks.
fn ask(action: &str, arguments: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">\n<s:Body>\n\
         <u:{action} xmlns:u=\"{BASIC}\">\n{arguments}\n</u:{action}>\n</s:Body>\n</s:Envelope>"
    );
    format!(
        "POST /upnp/control/basicevent1 HTTP/1.1\r\nHost: 10.77.0.1:49152\r\n\
         User-Agent: python-requests/2.25.1\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n\
         Connection: close\r\nContent-Type: text/xml\r\nSOAPACTION: \"{BASIC}#{action}\"\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn envelope(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>{body}</s:Body>\
         </s:Envelope>"
    )
}

#[test]
fn a_socket_is_described_as_the_real_one() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let answer = client.get(port, "/setup.xml");
    let (head, body) = parted(&answer);
    has_headers(head, &["SERVER: Unspecified, UPnP/1.0, Unspecified", "X-User-Agent: redsonic"]);
    assert!(head.contains("CONTENT-TYPE: text/xml"), "{head}");
    assert!(body.contains("<root xmlns=\"urn:Belkin:device-1-0\">"), "{body}");
    for (element, value) in [
        ("major", "1"),
        ("minor", "0"),
        ("deviceType", "urn:Belkin:device:controllee:1"),
        ("manufacturer", "Belkin International Inc."),
        ("manufacturerURL", "http://www.belkin.com"),
        ("modelDescription", "Belkin Plugin Socket 1.0"),
        ("modelName", "Socket"),
        ("modelNumber", "1.0"),
        ("modelURL", "http://www.belkin.com/plugin/"),
        ("UPC", "123456789"),
        ("firmwareVersion", "WeMo_WW_2.00.11420.PVT-OWRT-SNSV2"),
        ("binaryState", "0"),
        ("presentationURL", "/pluginpres.html"),
    ] {
        assert!(body.contains(&format!("<{element}>{value}</{element}>")), "{element}: {body}");
    }
    has_services(&body);
}

#[test]
fn a_dimmer_is_described_as_the_real_one() {
    let (_agent, client) = house("wemo(\"lamp\", #{ dimmer: true, on: || (), off: || () });");
    let port = client.port_of("lamp");
    let answer = client.get(port, "/setup.xml");
    let (_, body) = parted(&answer);
    for (element, value) in [
        ("deviceType", "urn:Belkin:device:dimmer:1"),
        ("presentationURL", "/pluginpres.html"),
        ("modelName", "Dimmer"),
        ("modelNumber", "1.0"),
        ("modelURL", "http://www.belkin.com/plugin/"),
        ("manufacturer", "Belkin International Inc."),
        ("manufacturerURL", "http://www.belkin.com"),
        ("modelDescription", "Belkin Plugin Dimmer 1.0"),
        ("UPC", "123456789"),
        ("firmwareVersion", "WEMO_WW_2.00.20110904.PVT-RTOS-DimmerV2"),
        ("binaryState", "0"),
    ] {
        assert!(body.contains(&format!("<{element}>{value}</{element}>")), "{element}: {body}");
    }
    assert!(body.contains("<UDN>uuid:Dimmer-2_0-"), "{body}");
    has_services(&body);
}

#[test]
fn a_subscriber_is_answered_as_by_the_real_one() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    let ask = |method: &str, headers: &str| {
        let request = format!(
            "{method} /upnp/event/basicevent1 HTTP/1.1\r\nHost: 10.77.0.1:49152\r\n\
             User-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n\
             Connection: close\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        client.talk(port, request.as_bytes())
    };
    let answer = ask(
        "SUBSCRIBE",
        "CALLBACK: <http://10.77.0.2:8989/basicevent1>\r\nNT: upnp:event\r\nTIMEOUT: Second-300\r\n",
    );
    let (head, body) = parted(&answer);
    has_headers(
        head,
        &[
            "HTTP/1.1 200 OK",
            "CONTENT-LENGTH: 0",
            "SERVER: Unspecified, UPnP/1.0, Unspecified",
            "TIMEOUT: Second-300",
            "X-User-Agent: redsonic",
        ],
    );
    assert_eq!(body, "");
    let sid = head.lines().find_map(|line| line.strip_prefix("SID: uuid:")).expect(head);
    assert_eq!(sid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{sid}");
    let ended = ask("UNSUBSCRIBE", &format!("SID: uuid:{sid}\r\n"));
    has_headers(
        parted(&ended).0,
        &["HTTP/1.1 200 OK", "SERVER: Unspecified, UPnP/1.0, Unspecified"],
    );
}

/// Those of a real device's that we have.
fn has_services(body: &str) {
    for (service, description) in
        [("basicevent", "/eventservice.xml"), ("metainfo", "/metainfoservice.xml")]
    {
        let fields = format!(
            "<serviceType>urn:Belkin:service:{service}:1</serviceType>\
             <serviceId>urn:Belkin:serviceId:{service}1</serviceId>\
             <controlURL>/upnp/control/{service}1</controlURL>\
             <eventSubURL>/upnp/event/{service}1</eventSubURL>\
             <SCPDURL>{description}</SCPDURL>"
        );
        assert!(body.contains(&fields), "{service}: {body}");
    }
}

#[test]
fn a_socket_is_switched_and_read_as_the_real_one() {
    let (_agent, client) = house(LAMP);
    let port = client.port_of("lamp");
    for state in ["1", "0"] {
        let set = format!("<BinaryState>{state}</BinaryState>");
        for (action, arguments) in [("SetBinaryState", &*set), ("GetBinaryState", "")] {
            let answer = client.talk(port, &ask(action, arguments));
            let (head, body) = parted(&answer);
            has_headers(
                head,
                &[
                    "HTTP/1.1 200 OK",
                    "CONTENT-TYPE: text/xml; charset=\"utf-8\"",
                    "EXT:",
                    "SERVER: Unspecified, UPnP/1.0, Unspecified",
                    "X-User-Agent: redsonic",
                ],
            );
            let recorded = envelope(&format!(
                "<u:{action}Response xmlns:u=\"{BASIC}\"><BinaryState>{state}</BinaryState>\
                 </u:{action}Response>"
            ));
            assert_eq!(body, recorded);
        }
    }
}

#[test]
fn a_dimmer_is_dimmed_as_the_real_one() {
    let (_agent, client) = house("wemo(\"lamp\", #{ dimmer: true, on: || (), off: || () });");
    let port = client.port_of("lamp");
    let set = "<BinaryState>1</BinaryState><brightness>45</brightness>";
    client.talk(port, &ask("SetBinaryState", set));
    let answer = client.talk(port, &ask("GetBinaryState", ""));
    let recorded = envelope(&format!(
        "<u:GetBinaryStateResponse xmlns:u=\"{BASIC}\"><BinaryState>1</BinaryState>\
         <brightness>45</brightness></u:GetBinaryStateResponse>"
    ));
    assert_eq!(parted(&answer).1, recorded);
}
