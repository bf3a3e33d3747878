//! Any bytes as a file of ranges, text or database.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geo::harness::range_file(data));
