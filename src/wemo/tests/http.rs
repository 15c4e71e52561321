use proptest::prelude::*;

use super::*;

fn whole(bytes: &[u8]) -> Request {
    match read(bytes).unwrap() {
        Parsed::Whole(request, taken) => {
            assert_eq!(taken, bytes.len());
            request
        }
        Parsed::Incomplete { .. } => panic!("incomplete: {}", String::from_utf8_lossy(bytes)),
    }
}

const POST: &[u8] = b"POST /upnp/control/basicevent1 HTTP/1.1\r\nHost: x\r\nsoapaction: \"a#b\"\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED: &[u8] = b"POST /x HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;ext=1\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";

#[test]
fn p44_and_p45_every_beginning_of_a_request_is_incomplete() {
    for text in [POST, CHUNKED] {
        for end in 0..text.len() {
            let parsed = read(&text[..end]);
            assert_eq!(parsed, Ok(Parsed::Incomplete { expects: false }), "{end} bytes");
        }
        assert_eq!(whole(text).body, b"hello");
    }
}

#[test]
fn headers_are_found_in_any_letters() {
    assert_eq!(whole(POST).header("SOAPACTION"), Some("\"a#b\""));
}

#[test]
fn p46_old_and_unusual_requests() {
    assert_eq!(
        whole(b"GET http://10.0.0.1:49152/setup.xml?a=b HTTP/1.1\r\n\r\n").path,
        "/setup.xml"
    );
    assert_eq!(whole(b"GET http://10.0.0.1 HTTP/1.1\r\n\r\n").path, "/");
    let old = whole(b"HEAD /setup.xml HTTP/1.0\r\n\r\n");
    assert!(old.method == "HEAD" && !old.keeps);
    let waiting = b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    assert_eq!(read(waiting), Ok(Parsed::Incomplete { expects: true }));
}

#[test]
fn p47_who_keeps_the_connection() {
    assert!(whole(b"GET / HTTP/1.1\r\n\r\n").keeps);
    assert!(!whole(b"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n").keeps);
    assert!(whole(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keeps);
}

#[test]
fn pipelined_requests_come_one_after_the_other() {
    let two = [POST, POST].concat();
    let Ok(Parsed::Whole(first, taken)) = read(&two) else { panic!("not whole") };
    assert_eq!((first.body.as_slice(), taken), (&b"hello"[..], POST.len()));
}

#[test]
fn what_is_too_large_or_no_http_is_refused() {
    let long = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; MOST_HEAD]].concat();
    assert_eq!(read(&long), Err(Refused::HeadTooLarge));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
    assert_eq!(read(many.as_bytes()), Err(Refused::HeadTooLarge));
    for (text, refused) in [
        ("POST / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", Refused::BodyTooLarge),
        (
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            Refused::BodyTooLarge,
        ),
        ("POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", Refused::Malformed),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", Refused::Malformed),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", Refused::UnknownCoding),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
            Refused::BodyTooLarge,
        ),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd", Refused::Malformed),
        ("\x16\x03\x01\x02", Refused::Malformed),
    ] {
        assert_eq!(read(text.as_bytes()), Err(refused), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_chunks_are_survived(chunks in "([0-9a-f]{0,3}(;[a-z]{0,3})?\r\n[a-z]{0,9}(\r\n)?){0,6}") {
        let _ = read(format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").as_bytes());
    }

    #[test]
    fn a_body_in_any_chunks_is_the_same_body(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..9)) {
        let mut bytes = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for part in &parts {
            bytes.extend(format!("{:X}\r\n", part.len()).bytes());
            bytes.extend(part);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
        prop_assert_eq!(whole(&bytes).body, parts.concat());
    }
}
