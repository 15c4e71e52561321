#![no_main]
//! Requests: any bytes. What is whole stays whole whatever follows, and is incomplete wherever it is
//! cut.

use libfuzzer_sys::fuzz_target;
use watchpost::wemo::http::{Parsed, read};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Parsed::Whole(request, length)) = read(bytes) {
        assert!(length <= bytes.len());
        for cut in [0, length / 3, length / 2, length - 1] {
            let part = read(&bytes[..cut]);
            assert!(matches!(part, Ok(Parsed::Incomplete { .. })), "cut at {cut}: {part:?}");
        }
        assert_eq!(read(&bytes[..length]), Ok(Parsed::Whole(request, length)));
    }
});
