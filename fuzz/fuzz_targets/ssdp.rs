#![no_main]
//! Datagrams of the multicast group. What an answer repeats of them stays on its line.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::ssdp::{Heard, read};

fuzz_target!(|datagram: &[u8]| {
    match read(datagram) {
        Heard::Search(search) => assert!(!search.asked.contains(['\r', '\n'])),
        Heard::ForOthers(asked) => assert!(asked.chars().count() <= 100),
        Heard::Else => {}
    }
});
