//! What the fuzzers started from and have found, replayed without them: see `fuzz/`.

use std::{fs, path::Path};

use watchpost::{
    host::libvirt::rpc,
    wemo::{
        gena::{self, Subscribe},
        http::{self, Parsed},
        soap, ssdp,
    },
};

/// Every file of a target's corpus, whole and cut at every byte.
fn replay(target: &str, read: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut replayed = 0;
    for file in files {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        (0..=bytes.len()).for_each(|end| read(&bytes[..end]));
        replayed += 1;
    }
    assert!(replayed > 0, "{} is empty", folder.display());
}

#[test]
fn ssdp_survives_its_corpus() {
    replay("ssdp", |bytes| drop(ssdp::read(bytes)));
}

#[test]
fn http_survives_its_corpus_and_what_is_whole_stays_whole() {
    replay("http", |bytes| {
        if let Ok(Parsed::Whole(request, length)) = http::read(bytes) {
            for cut in 0..length {
                let part = http::read(&bytes[..cut]);
                assert!(matches!(part, Ok(Parsed::Incomplete { .. })), "cut at {cut}: {part:?}");
            }
            assert_eq!(http::read(&bytes[..length]), Ok(Parsed::Whole(request, length)));
        }
    });
}

#[test]
fn soap_survives_its_corpus() {
    let set = "\"urn:Belkin:service:basicevent:1#SetBinaryState\"";
    replay("soap", |bytes| drop(soap::read(Some(set), bytes, true)));
}

#[test]
fn libvirt_survives_its_corpus() {
    replay("libvirt", rpc::read_anything);
}

#[test]
fn gena_survives_its_corpus() {
    replay("gena", |bytes| {
        if let Ok(Parsed::Whole(request, _)) = http::read(bytes) {
            let _ = gena::read_unsubscribe(&request);
            let Ok(Subscribe::New { callbacks, .. }) = gena::read_subscribe(&request) else {
                return;
            };
            for callback in callbacks {
                let event = gena::notify(&callback, "uuid:1", 0, &[("BinaryState", "1".into())]);
                let told = http::read(&event);
                let is_one = matches!(told, Ok(Parsed::Whole(_, length)) if length == event.len());
                assert!(is_one, "{callback:?}: {told:?}");
            }
        }
    });
}
