//! Documents and WAT records.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| extract::harness::html(data));
