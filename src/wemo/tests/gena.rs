use proptest::prelude::*;

use super::*;
use crate::wemo::http::{self, Parsed};

fn request(headers: &str) -> Request {
    let text = format!("SUBSCRIBE /upnp/event/basicevent1 HTTP/1.1\r\n{headers}\r\n");
    match http::read(text.as_bytes()) {
        Ok(Parsed::Whole(request, _)) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn p49_a_subscriber_says_where_and_how_long() {
    let asked = request(
        "CALLBACK: <http://10.0.0.2:8989/sub/a?b> <http://10.0.0.2>\r\nNT: upnp:event\r\nTIMEOUT: Second-300\r\n",
    );
    let callbacks = vec![
        Callback { address: "10.0.0.2:8989".parse().unwrap(), path: "/sub/a?b".into() },
        Callback { address: "10.0.0.2:80".parse().unwrap(), path: "/".into() },
    ];
    let lasts = Duration::from_secs(300);
    assert_eq!(read_subscribe(&asked), Ok(Subscribe::New { callbacks, lasts }));
}

#[test]
fn p52_a_renewal_has_the_sid_alone() {
    let renewal = read_subscribe(&request("SID: uuid:1\r\nTIMEOUT: Second-infinite\r\n"));
    let lasts = Duration::from_secs(LONGEST);
    assert_eq!(renewal, Ok(Subscribe::Renew { sid: "uuid:1".into(), lasts }));
    let both = request("SID: uuid:1\r\nNT: upnp:event\r\n");
    assert_eq!(read_subscribe(&both), Err(Refused::Incompatible));
}

#[test]
fn p55_a_callback_is_an_address_and_nothing_else() {
    for bad in [
        "",
        "http://10.0.0.2/",
        "<ftp://10.0.0.2/>",
        "<http://example.org/>",
        "<http://[::1]/>",
        "<http://10.0.0.2:99999/>",
        "<http://10.0.0.2/a b>",
        "<http://user@10.0.0.2/>",
    ] {
        let asked = request(&format!("CALLBACK: {bad}\r\nNT: upnp:event\r\n"));
        assert_eq!(read_subscribe(&asked), Err(Refused::Precondition), "{bad}");
    }
}

#[test]
fn an_event_can_be_read_by_our_own_parser() {
    let to = Callback { address: "10.0.0.2:1".parse().unwrap(), path: "/x".into() };
    let bytes = notify(&to, "uuid:1", 7, &[("BinaryState", "1".into())]);
    let Ok(Parsed::Whole(event, taken)) = http::read(&bytes) else { panic!("not whole") };
    assert_eq!(
        (event.method.as_str(), event.header("SEQ"), taken),
        ("NOTIFY", Some("7"), bytes.len())
    );
    assert_eq!(next_sequence(u32::MAX), 1);
}

proptest! {
    #[test]
    fn any_header_is_survived(callback in "[ -~]{0,60}", timeout in "[ -~]{0,20}", url in "<?(http)?(://)?[0-9.:/<>é]{0,20}>?") {
        for callback in [callback, url] {
            let headers = format!("CALLBACK: {callback}\r\nNT: upnp:event\r\nTIMEOUT: {timeout}\r\n");
            if let Ok(Parsed::Whole(request, _)) = http::read(format!("SUBSCRIBE / HTTP/1.1\r\n{headers}\r\n").as_bytes()) {
                let _ = read_subscribe(&request);
            }
        }
    }
}
