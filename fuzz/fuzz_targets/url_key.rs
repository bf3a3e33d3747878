//! Keys from disk, addresses and targets.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| model::harness::url_key(data));
