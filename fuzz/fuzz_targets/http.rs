#![no_main]
//! Requests: any bytes; what is whole stays whole whatever follows.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::http::{Parsed, read};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Parsed::Whole(request, length)) = read(bytes) {
        assert!(length <= bytes.len());
        assert_eq!(read(&bytes[..length]), Ok(Parsed::Whole(request, length)));
    }
});
