#![no_main]
//! What a libvirt daemon may send: frames, and every payload that is read from one.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    watchpost::host::libvirt::rpc::read_anything(bytes);
});
