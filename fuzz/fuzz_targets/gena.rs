#![no_main]
//! Subscriptions: the headers of any request. What is sent to the callbacks is one request and
//! nothing beside it.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::{
    gena::{Subscribe, notify, read_subscribe, read_unsubscribe},
    http::{Parsed, read},
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(Parsed::Whole(request, _)) = read(bytes) else { return };
    let _ = read_unsubscribe(&request);
    let Ok(Subscribe::New { callbacks, .. }) = read_subscribe(&request) else { return };
    // A head of ours has other headers, too, and the same bound.
    for callback in callbacks.iter().filter(|callback| callback.path.len() < 4096) {
        let event = notify(callback, "uuid:1", 0, &[("BinaryState", "1".to_owned())]);
        let Ok(Parsed::Whole(told, length)) = read(&event) else { panic!("{callback:?}") };
        assert_eq!((told.method.as_str(), length), ("NOTIFY", event.len()));
    }
});
