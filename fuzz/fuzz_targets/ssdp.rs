#![no_main]
//! Datagrams of the multicast group.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|datagram: &[u8]| {
    watchpost::wemo::ssdp::read(datagram);
});
