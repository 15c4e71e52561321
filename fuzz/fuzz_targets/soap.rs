#![no_main]
//! Bodies of calls.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::soap::read;

const SET: &str = "\"urn:Belkin:service:basicevent:1#SetBinaryState\"";

fuzz_target!(|body: &[u8]| {
    let _ = read(Some(SET), body, true);
    let _ = read(std::str::from_utf8(body).ok(), b"", false);
});
