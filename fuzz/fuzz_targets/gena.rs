#![no_main]
//! Subscriptions: the headers of any request.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::{
    gena::{read_subscribe, read_unsubscribe},
    http::{Parsed, read},
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Parsed::Whole(request, _)) = read(bytes) {
        let _ = read_subscribe(&request);
        let _ = read_unsubscribe(&request);
    }
});
